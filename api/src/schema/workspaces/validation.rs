//! Whether a document fits the schema, found out without running it.

use std::sync::LazyLock;

use async_graphql::Request;
use async_graphql::parser::types::ExecutableDocument;
use domain::limits::DOCUMENT_BYTES_MAX;

use super::super::builder;
use crate::documents;
use crate::executor::Validating;

/// The schema, with nothing behind its validation.
static CHECKING: LazyLock<Validating> = LazyLock::new(|| Validating::new(builder().disable_suggestions()));

/// What is wrong with a document; `None` when it can be sent.
pub(super) async fn complaint(text: &str) -> Option<String> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Some(format!("A document has {DOCUMENT_BYTES_MAX} bytes at most."));
    }
    // No store keeps it in a text.
    if text.contains('\0') {
        return Some("A document cannot contain U+0000.".to_owned());
    }
    let document = match documents::read(text) {
        Ok(document) => document,
        Err(error) => return Some(error.message),
    };
    let mut request = Request::new(text);
    let unknown_yet = unknown_yet(&document);
    request.set_parsed_query(ExecutableDocument::clone(&document));
    let errors = CHECKING.complaints(request).await;
    let messages = errors.iter().map(|error| &error.message).filter(|message| !unknown_yet.contains(message));
    messages.chain(document.complaints().iter().map(|error| &error.message)).next().cloned()
}

/// What the executor says where a field's complexity depends on a variable: its value comes with each request, and is
/// judged then. (A variable that no operation defines is complained of in other words.)
fn unknown_yet(document: &ExecutableDocument) -> Vec<String> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node);
    let variables = operations.flat_map(|operation| &operation.variable_definitions);
    variables.map(|variable| format!("Variable {} is not defined.", variable.node.name.node)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(text: &str, expected: Option<&str>) {
        let found = complaint(text).await;
        match expected {
            None => assert_eq!(found, None, "{text}"),
            Some(part) => assert!(found.as_ref().is_some_and(|found| found.contains(part)), "{text}: {found:?}"),
        }
    }

    #[tokio::test]
    async fn a_document_is_valid_whatever_its_variables_will_be() {
        check("{ viewer { clientId } }", None).await;
        check("query ($n: Int!) { contacts(first: $n) { nodes { id } } }", None).await;
        check("query ($id: ID!) { meeting(id: $id) { id } }", None).await;
        check("query A { viewer { clientId } } query B { viewer { clientId } }", None).await;
        check(
            "mutation ($input: CancelMeetingInput!) { cancelMeeting(input: $input) { meeting { id } errors { code } } }",
            None,
        )
        .await;
        check("subscription ($after: EventCursor) { events(after: $after) { id } }", None).await;
    }

    #[tokio::test]
    async fn what_could_not_run_is_not_registered() {
        check("{ nope }", Some("nope")).await;
        check("{ viewer { clientId } } #\0", Some("U+0000")).await;
        check("{", Some("")).await;
        check("", Some("")).await;
        check("fragment F on Query { viewer { clientId } }", Some("")).await;
        check("{ ...F } fragment F on Query { ...F }", Some("spreads itself")).await;
        check("query { contacts(first: $m) { nodes { id } } }", Some("is not defined")).await;
        check(&format!("{{ viewer {{ clientId }} }} #{}", "x".repeat(DOCUMENT_BYTES_MAX)), Some("bytes at most")).await;
    }
}

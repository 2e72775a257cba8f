//! Whether a document fits the schema, found out without running it.

use std::sync::{Arc, LazyLock};

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, ServerError, ValidationResult};
use domain::limits::DOCUMENT_BYTES_MAX;

use super::super::{MeridianSchema, builder};
use crate::documents;

/// The schema, with nothing behind its validation.
static CHECKING: LazyLock<MeridianSchema> =
    LazyLock::new(|| builder().disable_suggestions().extension(OnlyValidates).finish());

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
    request.set_parsed_query(document);
    let errors = CHECKING.execute(request).await.errors;
    errors.into_iter().map(|error| error.message).find(|message| !unknown_yet.contains(message))
}

/// What the executor says where a field's complexity depends on a variable: its value comes with each request, and is
/// judged then. (A variable that no operation defines is complained of in other words.)
fn unknown_yet(document: &ExecutableDocument) -> Vec<String> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node);
    let variables = operations.flat_map(|operation| &operation.variable_definitions);
    variables.map(|variable| format!("Variable {} is not defined.", variable.node.name.node)).collect()
}

/// Ends every request where it would begin to run: without an error if it is valid.
struct OnlyValidates;

impl ExtensionFactory for OnlyValidates {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Self)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for OnlyValidates {
    async fn validation(
        &self,
        ctx: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        match next.run(ctx).await {
            Ok(_) => Err(Vec::new()),
            Err(errors) => Err(errors),
        }
    }
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

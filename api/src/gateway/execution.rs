//! What both transports do with a request: find out what it is, run it, and write the result.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationType};
use async_graphql::{Request, Response, ServerError, Value};
use futures_util::FutureExt;
use serde::Serialize;
use tokio::time::timeout;
use tracing::Instrument;

use domain::errors::ErrorCode;
use domain::operation::CorrelationId;

use super::Gateway;
use super::engine::Engine;
use super::fault::Fault;
use crate::documents;

/// A request whose document is parsed and attached.
pub(super) struct Prepared {
    pub(super) request: Request,
    /// `None`: no operation fits the name, which the executor will say.
    pub(super) operation: Option<OperationType>,
}

/// Attaches the document to a request, or answers why there is none.
pub(super) async fn prepare<E: Engine>(
    engine: &E,
    session: &E::Session,
    mut request: Request,
    correlation: &CorrelationId,
) -> Result<Prepared, Box<Response>> {
    let document = engine.document(session, &mut request).await.map_err(|mut refusal| {
        for extensions in refusal.errors.iter_mut().filter_map(|error| error.extensions.as_mut()) {
            extensions.set("correlationId", correlation.as_str());
        }
        refusal
    })?;
    let operation = operation_type(&document, request.operation_name.as_deref());
    documents::attach(&mut request, document);
    Ok(Prepared { request, operation })
}

/// The type of the operation that the executor will choose. An unnamed lone operation counts whatever the name says:
/// better to take a request for a mutation that then fails than the other way round.
fn operation_type(document: &ExecutableDocument, name: Option<&str>) -> Option<OperationType> {
    let operation = match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(operations), Some(name)) => operations.get(name),
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => operations.values().next(),
        (DocumentOperations::Multiple(_), None) => None,
    };
    operation.map(|operation| operation.node.ty)
}

/// Runs a query or a mutation. A mutation gets a task of its own, tracked until it is done, so that neither a client
/// that hangs up, nor the deadline, nor a stopping server leaves half a command.
pub(super) async fn run<E: Engine>(
    gateway: &Gateway<E>,
    session: &E::Session,
    prepared: Prepared,
    correlation: &CorrelationId,
) -> Response {
    let Prepared { request, operation } = prepared;
    let answer = async {
        if operation == Some(OperationType::Mutation) {
            let (engine, session, own) = (gateway.engine.clone(), session.clone(), correlation.clone());
            let command = async move { engine.execute(&session, request, &own).await };
            gateway.config.work.spawn(command.in_current_span()).await.map_err(|failure| failure.to_string())
        } else {
            let execution = gateway.engine.execute(session, request, correlation);
            // Nothing of a query outlives it but the stores' pools, which survive a panic.
            AssertUnwindSafe(execution).catch_unwind().await.map_err(|_| "it panicked".to_owned())
        }
    };
    let mut response = match timeout(gateway.config.deadline, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => {
            tracing::error!(correlation.id = %correlation, %error, "an operation did not finish");
            Fault::internal().response(correlation)
        }
        Err(_) => {
            tracing::warn!(correlation.id = %correlation, "an operation took longer than the deadline");
            Fault::new(ErrorCode::DeadlineExceeded, "The operation took too long.").response(correlation)
        }
    };
    mark(&mut response, correlation);
    response
}

/// Puts the correlation id where a client's developer will look for it.
pub(super) fn mark(response: &mut Response, correlation: &CorrelationId) {
    response.extensions.insert("correlationId".to_owned(), Value::String(correlation.to_string()));
}

/// Whether execution began. The executor leaves `data` null for a request that it refused, as for a null that
/// travelled up from a non-null field; only the second kind of error has a path.
pub(super) fn ran(response: &Response) -> bool {
    let refused = !response.errors.is_empty() && response.errors.iter().all(|error| error.path.is_empty());
    response.data != Value::Null || !refused
}

/// Whether this answer of a stream says that its source was never opened: errors, and nothing beside them.
pub(super) fn refused(response: &Response) -> bool {
    response.data == Value::Null && !response.errors.is_empty()
}

/// An execution result as JSON. `data` is left out when nothing ran (GraphQL specification §7.1), which the executor's
/// own serialiser does not do; errors come first, as the specification advises.
pub(crate) fn to_json(response: &Response) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Answer::from(response))
}

/// Several results as a JSON array.
pub(super) fn batch_to_json(responses: &[Response]) -> Result<String, serde_json::Error> {
    serde_json::to_string(&responses.iter().map(Answer::from).collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Answer<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: &'a BTreeMap<String, Value>,
}

impl<'a> From<&'a Response> for Answer<'a> {
    fn from(response: &'a Response) -> Self {
        let data = ran(response).then_some(&response.data);
        Self { errors: &response.errors, data, extensions: &response.extensions }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    #[test]
    fn the_operation_is_the_one_that_the_executor_will_choose() {
        let check = |document, name, expected| {
            let parsed = parse_query(document).expect("the test's document parses");
            assert_eq!(operation_type(&parsed, name), expected, "{document} {name:?}");
        };
        check("{ a }", None, Some(OperationType::Query));
        check("mutation { a }", None, Some(OperationType::Mutation));
        check("mutation { a }", Some("Other"), Some(OperationType::Mutation));
        check("mutation M { a }", None, Some(OperationType::Mutation));
        check("mutation M { a }", Some("Other"), None);
        check("query Q { a } mutation M { a }", Some("M"), Some(OperationType::Mutation));
        check("query Q { a } mutation M { a }", Some("Q"), Some(OperationType::Query));
        check("query Q { a } mutation M { a }", None, None);
        check("subscription { a }", None, Some(OperationType::Subscription));
    }
}

//! The executor, and what is wrong with a request besides what it sees.

mod validating;

use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, ServerError};

use crate::documents::{self, Document};
use crate::limits::Limits;
use crate::schema::{self, MeridianSchema, classify};
use crate::validation;

pub(crate) use validating::Validating;

/// Errors of one answer: nobody reads more, and validation finds one in every word of a document that means harm.
const ERRORS_MAX: usize = 50;

/// A message of an error: it may repeat a name of the document, which may be as long as a document.
const MESSAGE_BYTES_MAX: usize = 500;

/// One schema, asked in two ways.
#[derive(Clone)]
pub(crate) struct Executor {
    pub(crate) schema: MeridianSchema,
    validating: Arc<Validating>,
}

impl Executor {
    pub(crate) fn new(limits: Limits) -> Self {
        validation::prepare();
        let build = || {
            let builder = schema::builder();
            let builder = if limits.suggestions { builder } else { builder.disable_suggestions() };
            if limits.introspection { builder } else { builder.disable_introspection() }
        };
        Self { schema: build().finish(), validating: Arc::new(Validating::new(build())) }
    }

    /// What is wrong with a request that the executor would not see. What it would see it says itself, in words that
    /// name the place of a value; so it is asked first where the request will not come to it.
    pub(crate) async fn complaints(
        &self,
        request: &Request,
        document: &Document,
        is_executed: bool,
    ) -> Vec<ServerError> {
        let operation = documents::operation(document, request.operation_name.as_deref());
        let of_variables = operation.map(|operation| validation::of_variables(operation, &request.variables));
        // For a value that is missing it has no words that would help.
        let mut found = of_variables.unwrap_or_default();
        let of_document = document.complaints();
        if !of_document.is_empty() || (found.is_empty() && !is_executed) {
            found = self.validating.complaints(copy(request, document)).await;
        }
        if found.is_empty() {
            found = of_document.to_vec();
        }
        present(&mut found);
        found
    }
}

/// The errors of an answer as a caller is to see them.
pub(crate) fn present(errors: &mut Vec<ServerError>) {
    errors.truncate(ERRORS_MAX);
    for error in errors.iter_mut() {
        let end = error.message.floor_char_boundary(MESSAGE_BYTES_MAX);
        error.message.truncate(end);
    }
    classify(errors);
}

/// What of a request is validated.
fn copy(request: &Request, document: &Document) -> Request {
    let mut copy = Request::new("").variables(request.variables.clone());
    copy.operation_name.clone_from(&request.operation_name);
    copy.set_parsed_query(ExecutableDocument::clone(document));
    copy
}

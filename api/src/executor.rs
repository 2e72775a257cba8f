//! The executor, and what it is not asked twice.
//!
//! It validates every request before it executes it, which takes longer than executing a small one. A document without
//! variables is as valid the second time as the first, so that is remembered with it.

mod validating;

use std::sync::Arc;

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, ServerError, ValidationMode};

use crate::documents::{self, Document};
use crate::limits::Limits;
use crate::schema::{self, MeridianSchema, classify};
use crate::validation;

pub(crate) use validating::Validating;

/// Errors of one answer: nobody reads more, and validation finds one in every word of a document that means harm.
const ERRORS_MAX: usize = 50;

/// A message of an error: it may repeat a name of the document, which may be as long as a document.
const MESSAGE_BYTES_MAX: usize = 500;

/// One schema, asked in three ways.
#[derive(Clone)]
pub(crate) struct Executor {
    careful: MeridianSchema,
    /// Takes every request for valid.
    trusting: MeridianSchema,
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
        Self {
            careful: build().finish(),
            trusting: build().validation_mode(ValidationMode::Fast).finish(),
            validating: Arc::new(Validating::new(build())),
        }
    }

    /// What a request is to be executed with.
    pub(crate) fn of(&self, request: &Request) -> &MeridianSchema {
        if documents::of(request).is_some_and(|document| document.fits()) { &self.trusting } else { &self.careful }
    }

    /// What is wrong with a request. Values of variables that do not fit their arguments are found out when it is
    /// executed, unless it will not be.
    pub(crate) async fn complaints(
        &self,
        request: &Request,
        document: &Document,
        is_executed: bool,
    ) -> Vec<ServerError> {
        if document.fits() {
            return Vec::new();
        }
        let operation = documents::operation(document, request.operation_name.as_deref());
        let mut found =
            operation.map(|operation| validation::of_variables(operation, &request.variables)).unwrap_or_default();
        // For a value that is missing the executor has no words that would help.
        if found.is_empty() || !document.complaints().is_empty() {
            let waits = is_executed && !document.is_fixed() && document.complaints().is_empty();
            found = if waits { Vec::new() } else { self.validating.complaints(copy(request, document)).await };
        }
        if found.is_empty() {
            found = document.complaints().to_vec();
            document.has_passed();
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

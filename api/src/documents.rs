//! Reading documents. Clients send the same few for as long as they live, and reading one takes longer than executing a
//! small one, so what was read is kept.

use std::any::TypeId;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};
use async_graphql::{Request, ServerError};
use moka::sync::Cache;

use crate::budget;
use crate::schema::unparsable;

/// Memory of what is kept, about.
const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// A document takes so much, and so many times its text.
const BYTES_EACH: usize = 1500;
const BYTES_PER_BYTE: usize = 30;

/// A document that is parsed, and small enough to be validated.
pub(crate) fn read(text: &str) -> Result<ExecutableDocument, ServerError> {
    budget::check_text(text)?;
    let document = parse_query(text).map_err(|error| unparsable(&error))?;
    budget::check(&document)?;
    Ok(document)
}

/// Documents that were read before, by their whole text.
pub(crate) struct Documents(Cache<String, Arc<ExecutableDocument>>);

impl Documents {
    pub(crate) fn none() -> Self {
        let weigh = |text: &String, _: &Arc<ExecutableDocument>| {
            u32::try_from(BYTES_EACH + text.len() * BYTES_PER_BYTE).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().weigher(weigh).max_capacity(BYTES_MAX).build())
    }

    /// The document of a text.
    pub(crate) fn read(&self, text: &str) -> Result<Arc<ExecutableDocument>, ServerError> {
        if let Some(known) = self.0.get(text) {
            return Ok(known);
        }
        let document = Arc::new(read(text)?);
        self.0.insert(text.to_owned(), Arc::clone(&document));
        Ok(document)
    }
}

/// The operation that the executor will choose. Where it will choose none, because there are several and no name, the
/// first: nothing comes of it.
pub(crate) fn operation<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a OperationDefinition> {
    let chosen = match (&document.operations, name) {
        (DocumentOperations::Single(only), _) => Some(only),
        (DocumentOperations::Multiple(several), Some(name)) => several.get(name),
        (DocumentOperations::Multiple(several), None) => several.values().next(),
    };
    chosen.map(|chosen| &chosen.node)
}

/// Gives a request its document: to the executor, which takes it apart, and to ourselves.
pub(crate) fn attach(request: &mut Request, document: Arc<ExecutableDocument>) {
    request.set_parsed_query(ExecutableDocument::clone(&document));
    request.data.insert(document);
}

/// The document of a request that was given one.
pub(crate) fn of(request: &Request) -> Option<&Arc<ExecutableDocument>> {
    request.data.get(&TypeId::of::<Arc<ExecutableDocument>>())?.downcast_ref()
}

//! Reading documents. Clients send the same few for as long as they live, and reading one takes longer than executing a
//! small one, so what was read is kept.

use std::any::TypeId;
use std::ops::Deref;
use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};
use async_graphql::{Request, ServerError};
use moka::sync::Cache;

use crate::budget;
use crate::schema::unparsable;
use crate::validation;

/// Memory of what is kept, about.
const BYTES_MAX: u64 = 32 * 1024 * 1024;
/// A document takes so much, and so many times its text.
const BYTES_EACH: usize = 1500;
const BYTES_PER_BYTE: usize = 30;

/// A document that is parsed, and small enough to be validated.
#[derive(Debug)]
pub struct Document {
    parsed: ExecutableDocument,
    /// What is wrong with it that the executor does not see.
    complaints: Vec<ServerError>,
}

impl Document {
    /// One that nobody has complained of.
    pub(crate) fn of(parsed: ExecutableDocument) -> Self {
        Self { parsed, complaints: Vec::new() }
    }

    pub(crate) fn complaints(&self) -> &[ServerError] {
        &self.complaints
    }
}

impl Deref for Document {
    type Target = ExecutableDocument;

    fn deref(&self) -> &ExecutableDocument {
        &self.parsed
    }
}

/// Reads a document, and validates it as far as the executor does not.
pub(crate) fn read(text: &str) -> Result<Document, ServerError> {
    budget::check_text(text)?;
    let parsed = parse_query(text).map_err(|error| unparsable(&error))?;
    budget::check(&parsed)?;
    Ok(Document { parsed, complaints: validation::of_document(text) })
}

/// Documents that were read before, by their whole text.
pub(crate) struct Documents(Cache<String, Arc<Document>>);

impl Documents {
    pub(crate) fn none() -> Self {
        let weigh = |text: &String, _: &Arc<Document>| {
            u32::try_from(BYTES_EACH + text.len() * BYTES_PER_BYTE).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().weigher(weigh).max_capacity(BYTES_MAX).build())
    }

    /// The document of a text.
    pub(crate) fn read(&self, text: &str) -> Result<Arc<Document>, ServerError> {
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
pub(crate) fn attach(request: &mut Request, document: Arc<Document>) {
    request.set_parsed_query(document.parsed.clone());
    request.data.insert(document);
}

/// The document of a request that was given one.
pub(crate) fn of(request: &Request) -> Option<&Arc<Document>> {
    request.data.get(&TypeId::of::<Arc<Document>>())?.downcast_ref()
}

//! What an OAuth client may send, and from where. Unlike the other intents of this room, these come from callers.

use domain::access::{Permit, action};
use domain::errors::{ErrorCode, Refusal, Violation};
use domain::ids::ClientId;
use domain::limits::{CLIENT_DOCUMENTS_MAX, CLIENT_ORIGINS_MAX, DOCUMENTS_REGISTERED_MAX};
use domain::operation::Operation;
use domain::workspaces::{DocumentHash, DocumentPolicy, WebOrigin};
use persistence::workspaces::{
    count_documents, delete_documents, insert_documents, lock_client, replace_origins,
    set_document_policy as keep_policy,
};
use serde::{Deserialize, Serialize};

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// Documents for a client. Whoever asks has validated them: what a schema is, this room does not know.
#[derive(Debug, Clone, Serialize)]
pub struct RegisterDocuments {
    /// The client.
    pub client: ClientId,
    /// Their texts.
    pub texts: Vec<String>,
}

/// Documents of a client, by the digests of their texts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DocumentsNamed {
    /// The client.
    pub client: ClientId,
    /// Their names.
    pub hashes: Vec<DocumentHash>,
}

/// Which documents a client may send.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetDocumentPolicy {
    /// The client.
    pub client: ClientId,
    /// Which.
    pub policy: DocumentPolicy,
}

/// From where a client's tokens may be used in browsers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetClientOrigins {
    /// The client.
    pub client: ClientId,
    /// From where, instead of what was allowed before.
    pub origins: Vec<WebOrigin>,
}

/// How many documents were taken back.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct DocumentsGone {
    /// So many.
    pub count: u64,
}

/// Registers documents. Refusals: `FIELD_MISMATCH`, `NOT_FOUND` (the client), `TOO_MANY_DOCUMENTS`.
pub async fn register_documents(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: RegisterDocuments,
) -> Result<Answered<DocumentsNamed>, Failure> {
    let _permit: Permit<action::ManageClients> = operation.permit()?;
    if let Some(answer) = bounded(input.texts.len(), 1..=DOCUMENTS_REGISTERED_MAX, "input.documents") {
        return Ok(answer);
    }
    let keyed = match open(stores, operation, key, ("registerDocuments", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let outcome = if !lock_client(&keyed.tx, input.client).await? {
        Outcome::refused(Refusal::not_found("input.clientId"))
    } else if count_documents(&keyed.tx, input.client).await? + input.texts.len() as u64 > CLIENT_DOCUMENTS_MAX {
        let message = format!("A client has {CLIENT_DOCUMENTS_MAX} registered documents at most.");
        Outcome::refused(Refusal::new(ErrorCode::TooManyDocuments, message))
    } else {
        insert_documents(&keyed.tx, input.client, &input.texts, operation.now).await?;
        let hashes = input.texts.iter().map(|text| DocumentHash::of(text)).collect();
        Outcome::Done(DocumentsNamed { client: input.client, hashes })
    };
    keyed.finish(stores, operation, outcome).await
}

/// Takes documents back; one that is not registered needs no taking back. Refusals: `FIELD_MISMATCH`, `NOT_FOUND`.
pub async fn unregister_documents(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: DocumentsNamed,
) -> Result<Answered<DocumentsGone>, Failure> {
    let _permit: Permit<action::ManageClients> = operation.permit()?;
    if let Some(answer) = bounded(input.hashes.len(), 1..=DOCUMENTS_REGISTERED_MAX, "input.hashes") {
        return Ok(answer);
    }
    let keyed = match open(stores, operation, key, ("unregisterDocuments", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let outcome = if lock_client(&keyed.tx, input.client).await? {
        let count = delete_documents(&keyed.tx, input.client, &input.hashes).await?;
        Outcome::Done(DocumentsGone { count })
    } else {
        Outcome::refused(Refusal::not_found("input.clientId"))
    };
    keyed.finish(stores, operation, outcome).await
}

/// Decides which documents a client may send. Refusal: `NOT_FOUND`.
pub async fn set_document_policy(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: SetDocumentPolicy,
) -> Result<Answered<SetDocumentPolicy>, Failure> {
    let _permit: Permit<action::ManageClients> = operation.permit()?;
    let keyed = match open(stores, operation, key, ("setDocumentPolicy", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let outcome = if lock_client(&keyed.tx, input.client).await? {
        keep_policy(&keyed.tx, input.client, input.policy).await?;
        Outcome::Done(input)
    } else {
        Outcome::refused(Refusal::not_found("input.clientId"))
    };
    keyed.finish(stores, operation, outcome).await
}

/// Decides from where a client's tokens may be used in browsers. Refusals: `FIELD_MISMATCH`, `NOT_FOUND`.
pub async fn set_client_origins(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    mut input: SetClientOrigins,
) -> Result<Answered<SetClientOrigins>, Failure> {
    let _permit: Permit<action::ManageClients> = operation.permit()?;
    if let Some(answer) = bounded(input.origins.len(), 0..=CLIENT_ORIGINS_MAX, "input.origins") {
        return Ok(answer);
    }
    input.origins.sort_unstable();
    input.origins.dedup();
    let keyed = match open(stores, operation, key, ("setClientOrigins", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let outcome = if lock_client(&keyed.tx, input.client).await? {
        replace_origins(&keyed.tx, input.client, &input.origins).await?;
        Outcome::Done(input)
    } else {
        Outcome::refused(Refusal::not_found("input.clientId"))
    };
    keyed.finish(stores, operation, outcome).await
}

/// The answer to a list that is too short or too long.
fn bounded<T>(length: usize, range: std::ops::RangeInclusive<usize>, path: &str) -> Option<Answered<T>> {
    let message = format!("A list of {} to {}.", range.start(), range.end());
    (!range.contains(&length)).then(|| Answered::invalid(vec![Violation { path: path.to_owned(), message }]))
}

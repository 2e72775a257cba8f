//! OAuth clients: what they may send, and from where.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use commands::Answered;
use commands::workspaces as intents;
use domain::errors::{Refusal, Violation};
use domain::ids::ClientId;
use domain::limits::CLIENT_DOCUMENTS_MAX;
use domain::workspaces::{DocumentHash, DocumentPolicy, WebOrigin};
use persistence::workspaces::{document_hashes, find_client_policy, origins_of};

use super::validation::complaint;
use crate::schema::errors::{UserError, internal};
use crate::schema::mutation::{Attempt, conclude, id, key};
use crate::schema::request::RequestScope;
use crate::schema::scalars::IdempotencyKey;

/// Which documents a client may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "DocumentPolicy", remote = "DocumentPolicy")]
pub(crate) enum PolicyChoice {
    /// Any.
    Any,
    /// Those that are registered for it; any other is `DOCUMENT_NOT_REGISTERED`.
    Registered,
}

pub(crate) struct ClientObject {
    id: ClientId,
    name: String,
    policy: DocumentPolicy,
}

impl ClientObject {
    async fn load(ctx: &Context<'_>, id: ClientId) -> Result<Option<Self>> {
        let found = find_client_policy(&RequestScope::of(ctx).reader(), id).await.map_err(internal)?;
        Ok(found.map(|(name, policy)| Self { id, name, policy }))
    }
}

/// A program that calls this API.
#[Object(name = "OAuthClient")]
impl ClientObject {
    /// Its id.
    async fn id(&self) -> ID {
        ID(self.id.to_string())
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.name
    }

    /// Which documents it may send.
    async fn document_policy(&self) -> PolicyChoice {
        self.policy.into()
    }

    /// The documents that are registered for it, oldest first, by the SHA-256 of their text in hexadecimal digits.
    async fn document_hashes(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let hashes = document_hashes(&RequestScope::of(ctx).reader(), self.id, CLIENT_DOCUMENTS_MAX).await;
        Ok(hashes.map_err(internal)?.into_iter().map(String::from).collect())
    }

    /// The web origins from which pages may use its tokens, e.g. `https://app.example`.
    async fn origins(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let origins = origins_of(&RequestScope::of(ctx).reader(), self.id).await.map_err(internal)?;
        Ok(origins.iter().map(WebOrigin::to_string).collect())
    }
}

#[derive(Default)]
pub(crate) struct ClientsQuery;

#[Object]
impl ClientsQuery {
    /// An OAuth client of the workspace. Null when there is none with this id. Needs `clients:manage`.
    async fn client(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its id, e.g. `cli_…`.")] id: ID,
    ) -> Result<Option<ClientObject>> {
        match id.parse() {
            Ok(id) => ClientObject::load(ctx, id).await,
            Err(_) => Ok(None),
        }
    }
}

/// Documents for a client.
#[derive(InputObject)]
pub(crate) struct RegisterDocumentsInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The client that may send them.
    client_id: ID,
    /// Their texts, 1 to 100, each of 64 KiB at most. Every one must fit the schema.
    documents: Vec<String>,
}

/// What became of it.
#[derive(SimpleObject)]
pub(crate) struct RegisterDocumentsPayload {
    /// Their hashes, in the order of the texts; null when they were refused.
    hashes: Option<Vec<String>>,
    /// Why they were refused: FIELD_MISMATCH, NOT_FOUND, TOO_MANY_DOCUMENTS. None of them is registered then.
    errors: Vec<UserError>,
}

/// Documents that a client may send no more.
#[derive(InputObject)]
pub(crate) struct UnregisterDocumentsInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The client.
    client_id: ID,
    /// Their hashes, 1 to 100.
    hashes: Vec<String>,
}

/// What became of it.
#[derive(SimpleObject)]
pub(crate) struct UnregisterDocumentsPayload {
    /// How many of them were registered; null when it was refused.
    removed: Option<i32>,
    /// Why it was refused: FIELD_MISMATCH, NOT_FOUND.
    errors: Vec<UserError>,
}

/// Which documents a client may send.
#[derive(InputObject)]
pub(crate) struct SetDocumentPolicyInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The client.
    client_id: ID,
    /// Which. In force at every server within five seconds.
    policy: PolicyChoice,
}

/// What became of it.
#[derive(SimpleObject)]
pub(crate) struct SetDocumentPolicyPayload {
    /// The policy in force; null when it was refused.
    policy: Option<PolicyChoice>,
    /// Why it was refused: NOT_FOUND.
    errors: Vec<UserError>,
}

/// From where pages may use a client's tokens.
#[derive(InputObject)]
pub(crate) struct SetClientOriginsInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The client.
    client_id: ID,
    /// The web origins, 20 at most, in place of those before: `https://app.example`, or `http://localhost:3000`.
    origins: Vec<String>,
}

/// What became of it.
#[derive(SimpleObject)]
pub(crate) struct SetClientOriginsPayload {
    /// The origins in force, sorted; null when they were refused.
    origins: Option<Vec<String>>,
    /// Why they were refused: FIELD_MISMATCH, NOT_FOUND.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct ClientsMutation;

#[Object]
impl ClientsMutation {
    /// Registers documents for a client, which may send their hashes instead: as `documentId` (`sha256:…`), or as
    /// `extensions.persistedQuery.sha256Hash`. Needs `clients:manage`.
    async fn register_documents(
        &self,
        ctx: &Context<'_>,
        input: RegisterDocumentsInput,
    ) -> Result<RegisterDocumentsPayload> {
        let (request, key) = (RequestScope::of(ctx), key(ctx, &input.idempotency_key)?);
        let attempt: Attempt<_> = match id(&input.client_id, "clientId") {
            Err(refusal) => Err(refusal),
            Ok(client) => {
                let violations = unfit(&input.documents).await;
                if violations.is_empty() {
                    let intent = intents::RegisterDocuments { client, texts: input.documents };
                    Ok(intents::register_documents(request.stores(), &request.operation(), key, intent).await)
                } else {
                    Ok(Ok(Answered::invalid(violations)))
                }
            }
        };
        let (named, errors) = conclude(ctx, attempt)?;
        let hashes = named.map(|named| named.hashes.into_iter().map(String::from).collect());
        Ok(RegisterDocumentsPayload { hashes, errors })
    }

    /// Takes registered documents back. Needs `clients:manage`.
    async fn unregister_documents(
        &self,
        ctx: &Context<'_>,
        input: UnregisterDocumentsInput,
    ) -> Result<UnregisterDocumentsPayload> {
        let (request, key) = (RequestScope::of(ctx), key(ctx, &input.idempotency_key)?);
        let wanted = id(&input.client_id, "clientId").and_then(|client| {
            let parsed = each(&input.hashes, "hashes", DocumentHash::parse)?;
            Ok(intents::DocumentsNamed { client, hashes: parsed })
        });
        let attempt: Attempt<_> = match wanted {
            Err(refusal) => Err(refusal),
            Ok(intent) => Ok(intents::unregister_documents(request.stores(), &request.operation(), key, intent).await),
        };
        let (gone, errors) = conclude(ctx, attempt)?;
        let removed = gone.map(|gone| i32::try_from(gone.count).unwrap_or(i32::MAX));
        Ok(UnregisterDocumentsPayload { removed, errors })
    }

    /// Sets which documents a client may send. Needs `clients:manage`.
    async fn set_document_policy(
        &self,
        ctx: &Context<'_>,
        input: SetDocumentPolicyInput,
    ) -> Result<SetDocumentPolicyPayload> {
        let (request, key) = (RequestScope::of(ctx), key(ctx, &input.idempotency_key)?);
        let attempt: Attempt<_> = match id(&input.client_id, "clientId") {
            Err(refusal) => Err(refusal),
            Ok(client) => {
                let intent = intents::SetDocumentPolicy { client, policy: input.policy.into() };
                Ok(intents::set_document_policy(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (set, errors) = conclude(ctx, attempt)?;
        Ok(SetDocumentPolicyPayload { policy: set.map(|set| set.policy.into()), errors })
    }

    /// Sets the web origins from which pages may use a client's tokens (CORS). Needs `clients:manage`.
    async fn set_client_origins(
        &self,
        ctx: &Context<'_>,
        input: SetClientOriginsInput,
    ) -> Result<SetClientOriginsPayload> {
        let (request, key) = (RequestScope::of(ctx), key(ctx, &input.idempotency_key)?);
        let wanted = id(&input.client_id, "clientId").and_then(|client| {
            let origins = each(&input.origins, "origins", WebOrigin::parse)?;
            Ok(intents::SetClientOrigins { client, origins })
        });
        let attempt: Attempt<_> = match wanted {
            Err(refusal) => Err(refusal),
            Ok(intent) => Ok(intents::set_client_origins(request.stores(), &request.operation(), key, intent).await),
        };
        let (set, errors) = conclude(ctx, attempt)?;
        let origins = set.map(|set| set.origins.iter().map(WebOrigin::to_string).collect());
        Ok(SetClientOriginsPayload { origins, errors })
    }
}

/// Every document that does not fit the schema. How many there may be is the command's to say, so the rest is not read.
async fn unfit(documents: &[String]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (number, text) in documents.iter().enumerate().take(domain::limits::DOCUMENTS_REGISTERED_MAX) {
        if let Some(message) = complaint(text).await {
            violations.push(Violation { path: format!("input.documents.{number}"), message });
        }
    }
    violations
}

/// Every text of a list as what it stands for, or the refusal of the first that stands for nothing.
fn each<T, E: std::fmt::Display>(
    texts: &[String],
    field: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Vec<T>, Refusal> {
    let refuse = |number, error: E| Violation { path: format!("input.{field}.{number}"), message: error.to_string() };
    texts.iter().enumerate().map(|(number, text)| parse(text).map_err(|error| refuse(number, error).into())).collect()
}

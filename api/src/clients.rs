//! What this server knows of clients: which documents they may send, and from which web origins their tokens may be
//! used. It looks again after two seconds, so that a change is in force everywhere within five.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, ServerError, Value};
use domain::errors::ErrorCode;
use domain::ids::{ClientId, WorkspaceId};
use domain::workspaces::{DocumentHash, DocumentPolicy, WebOrigin};
use moka::future::Cache;
use persistence::workspaces::{find_client_policy, find_document, is_origin_known, is_page_origin, origins_of};
use persistence::{Database, StoreError};
use tokio::time::timeout;
use url::Url;

use crate::schema::describe;

const KNOWN_FOR: Duration = Duration::from_secs(2);
/// How long the store may take over a look.
const LOOK_MAX: Duration = Duration::from_secs(5);
/// Clients, and origins, that are known at once.
const KNOWN_MAX: u64 = 10_000;
/// What the texts of documents may take, in bytes.
const TEXTS_MAX: u64 = 32 * 1024 * 1024;

/// A document of a client, if it is registered.
type Text = Option<Arc<str>>;

/// What is known. Clones share it. What asks the store is boxed: it is seldom needed, large, and would lie in the future
/// of every request and every socket.
#[derive(Clone)]
pub(crate) struct Clients {
    database: Database,
    /// Pages from here may use any client's tokens.
    own_origin: String,
    rules: Cache<ClientId, Arc<Rules>>,
    documents: Cache<(ClientId, DocumentHash), Text>,
    origins: Cache<String, bool>,
}

/// What a client may do.
struct Rules {
    documents: DocumentPolicy,
    origins: Vec<WebOrigin>,
}

impl Clients {
    pub(crate) fn new(database: Database, public_url: &str) -> Self {
        let own_origin = Url::parse(public_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let weigh = |_: &(ClientId, DocumentHash), text: &Text| {
            let length = text.as_ref().map_or(0, |text| text.len());
            u32::try_from(length + 128).unwrap_or(u32::MAX)
        };
        Self {
            database,
            own_origin,
            rules: Cache::builder().max_capacity(KNOWN_MAX).time_to_live(KNOWN_FOR).build(),
            documents: Cache::builder().max_capacity(TEXTS_MAX).weigher(weigh).time_to_live(KNOWN_FOR).build(),
            origins: Cache::builder().max_capacity(KNOWN_MAX).time_to_live(KNOWN_FOR).build(),
        }
    }

    /// Puts the text in place of its hash, and refuses what the client may not send.
    pub(crate) async fn resolve(
        &self,
        (workspace, client): (WorkspaceId, ClientId),
        request: &mut Request,
    ) -> Result<(), ServerError> {
        let named = named(request)?;
        let rules = self.rules(workspace, client).await.map_err(|error| unavailable(&error))?;
        let hash = match (named, rules.documents) {
            (None, DocumentPolicy::Any) => return Ok(()),
            (None, DocumentPolicy::Registered) => DocumentHash::of(&request.query),
            (Some(hash), _) if request.query.is_empty() || hash == DocumentHash::of(&request.query) => hash,
            (Some(_), _) => return Err(refusal(ErrorCode::BadRequest, "The hash is not that of the document.")),
        };
        if !request.query.is_empty() && rules.documents == DocumentPolicy::Any {
            return Ok(());
        }
        match self.document(workspace, client, hash).await.map_err(|error| unavailable(&error))? {
            Some(text) => request.query = text.to_string(),
            // In these words: it is by them that clients of automatic persisted queries know to send the text.
            None if rules.documents == DocumentPolicy::Any => {
                return Err(refusal(ErrorCode::PersistedQueryNotFound, "PersistedQueryNotFound"));
            }
            None => {
                let message = "The client may send registered documents only.";
                return Err(refusal(ErrorCode::DocumentNotRegistered, message));
            }
        }
        Ok(())
    }

    /// Whether pages of this origin may use the client's tokens.
    pub(crate) async fn admits(
        &self,
        (workspace, client): (WorkspaceId, ClientId),
        origin: &str,
    ) -> Result<bool, Arc<StoreError>> {
        if origin == self.own_origin {
            return Ok(true);
        }
        Ok(self.rules(workspace, client).await?.origins.iter().any(|allowed| allowed.is(origin)))
    }

    /// Whether pages of this origin may use the tokens of any client, or a page token: all that can be known before somebody says who
    /// calls. A store that does not answer allows nothing.
    pub(crate) async fn knows(&self, origin: &str) -> bool {
        // Nobody has registered what could not be: it is not worth a look, nor a place in memory.
        if WebOrigin::parse(origin).is_err() {
            return false;
        }
        let look = in_time(async {
            Ok(is_origin_known(&self.database, origin).await? || is_page_origin(&self.database, origin).await?)
        });
        Box::pin(self.origins.try_get_with_by_ref(origin, look)).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "it could not be read which origins are known");
            false
        })
    }

    async fn rules(&self, workspace: WorkspaceId, client: ClientId) -> Result<Arc<Rules>, Arc<StoreError>> {
        if let Some(known) = self.rules.get(&client).await {
            return Ok(known);
        }
        let look = in_time(async {
            let reader = self.database.reader(workspace);
            let policy = find_client_policy(&reader, client).await?;
            let documents = policy.map_or(DocumentPolicy::Any, |(_, documents)| documents);
            Ok(Arc::new(Rules { documents, origins: origins_of(&reader, client).await? }))
        });
        Box::pin(self.rules.try_get_with(client, look)).await
    }

    async fn document(
        &self,
        workspace: WorkspaceId,
        client: ClientId,
        hash: DocumentHash,
    ) -> Result<Text, Arc<StoreError>> {
        let look = in_time(async {
            let reader = self.database.reader(workspace);
            Ok(find_document(&reader, client, hash).await?.map(Arc::from))
        });
        Box::pin(self.documents.try_get_with((client, hash), look)).await
    }
}

/// What the store answers, if it answers: this is before the deadline of the operation begins.
async fn in_time<T>(look: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let silent = |_| StoreError::Unavailable("it did not answer about a client in time".to_owned());
    timeout(LOOK_MAX, look).await.map_err(silent)?
}

/// The document that `extensions.persistedQuery` names.
fn named(request: &Request) -> Result<Option<DocumentHash>, ServerError> {
    let Some(Value::Object(fields)) = request.extensions.get("persistedQuery") else { return Ok(None) };
    let hash = match fields.get("sha256Hash") {
        Some(Value::String(text)) => DocumentHash::parse(text).ok(),
        _ => None,
    };
    let wrong = "The hash of a document is SHA-256 in 64 lower-case hexadecimal digits.";
    hash.ok_or_else(|| refusal(ErrorCode::BadRequest, wrong)).map(Some)
}

fn unavailable(error: &StoreError) -> ServerError {
    tracing::warn!(%error, "what a client may send could not be read");
    refusal(ErrorCode::Unavailable, ErrorCode::Unavailable.entry().cause)
}

fn refusal(code: ErrorCode, message: &str) -> ServerError {
    let mut error = ServerError::new(message, None);
    describe(code, error.extensions.get_or_insert_default());
    error
}

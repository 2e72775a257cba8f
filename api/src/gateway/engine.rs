//! What the transports ask of the schema and its rules: who calls, what the document is, and the answer.

use std::future::{Future, pending, ready};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::parse_query;
use async_graphql::{Request, Response};
use chrono::{DateTime, Utc};
use futures_util::stream::BoxStream;

use domain::events::EventCursor;
use domain::operation::CorrelationId;

use crate::documents::Document;

/// Everything behind the transports. A clone is a handle to the same engine.
///
/// A request arrives with its document already parsed (by [`Engine::document`]); executing it does not parse again.
pub trait Engine: Clone + Send + Sync + 'static {
    /// A caller who proved who they are (or is allowed to be nobody).
    type Session: Clone + Send + Sync + 'static;

    /// Who calls. `bearer` is the token of `Authorization: Bearer`, without the scheme.
    fn authenticate(
        &self,
        bearer: Option<&str>,
        from: Option<IpAddr>,
    ) -> impl Future<Output = Result<Self::Session, AuthFault>> + Send;

    /// Whether pages of this web origin may use the session. Asked for origins other than this server's own.
    fn admits(&self, _session: &Self::Session, _origin: &str) -> impl Future<Output = Result<bool, AuthFault>> + Send {
        ready(Ok(true))
    }

    /// When the session ends by itself. Sockets are closed with 4403 at that moment.
    fn expires_at(&self, session: &Self::Session) -> Option<DateTime<Utc>>;

    /// Resolves when the session lost its rights before its expiry (revoked, scope taken away); the socket is then
    /// closed with 4403. Never, unless the engine can tell.
    fn revoked(&self, _session: &Self::Session) -> impl Future<Output = ()> + Send {
        pending()
    }

    /// Whose sockets and subscriptions are counted together. Nobody's, unless the engine tells callers apart.
    fn payer(&self, _session: &Self::Session) -> Option<String> {
        None
    }

    /// The document that the request means. An engine with a budget measures and charges it here, before anything runs,
    /// and may leave a note in the request's data; one with trusted documents looks the text up and puts it into the
    /// request. The refusal is an answer without `data`.
    fn document(
        &self,
        _session: &Self::Session,
        request: &mut Request,
    ) -> impl Future<Output = Result<Arc<Document>, Box<Response>>> + Send {
        let document = parse_query(&request.query).map(|parsed| Arc::new(Document::of(parsed)));
        ready(document.map_err(|error| Box::new(Response::from_errors(vec![error.into()]))))
    }

    /// Runs a query or a mutation. Mutations are called from a task of their own: a client that hangs up does not
    /// cancel them.
    fn execute(
        &self,
        session: &Self::Session,
        request: Request,
        correlation: &CorrelationId,
    ) -> impl Future<Output = Response> + Send;

    /// Opens a subscription; `after`, when there is one, is where it begins, whatever the document says. Dropping the
    /// stream ends it.
    fn stream(
        &self,
        session: &Self::Session,
        request: Request,
        after: Option<EventCursor>,
        correlation: &CorrelationId,
    ) -> BoxStream<'static, StreamItem>;

    /// The time, read at the edge.
    fn now(&self) -> DateTime<Utc>;

    /// A new id for work whose caller did not bring one.
    fn new_correlation(&self) -> CorrelationId;
}

/// Why a caller is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthFault {
    /// There is no token, and the engine knows no anonymous callers.
    Missing,
    /// The token is malformed, unknown or revoked.
    Invalid,
    /// The token was good once.
    Expired,
    /// The token could not be checked (the store is down): the caller is not to blame and may retry.
    Unavailable,
    /// Too many tokens that nobody knows came from there; for how long none is looked at.
    TooOften(Duration),
}

/// The `Idempotency-Key` header of the HTTP request, in the request's data. The schema compares it with the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKeyHeader(pub String);

/// The `Meridian-Cost` header of the HTTP request, in the request's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostHeader(pub String);

/// The `Origin` header of the HTTP request, in the request's data: the site whose page asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginHeader(pub String);

/// One event of a subscription.
#[derive(Debug)]
pub enum StreamItem {
    /// An answer made for this subscriber.
    Own(Box<Response>),
    /// An event of the log.
    Shared {
        /// The JSON of an execution result (`{"data":…}`), serialised once and shared by all subscribers of a group.
        json: Arc<str>,
        /// Its place: a subscriber who has it goes on after it.
        place: EventCursor,
    },
}

impl From<Response> for StreamItem {
    fn from(response: Response) -> Self {
        Self::Own(Box::new(response))
    }
}

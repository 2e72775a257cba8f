//! A small schema and an engine around it, to drive the transports without the product's schema.

#![expect(clippy::unused_async, reason = "the schema macros want async resolvers")]

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Context, ErrorExtensions, Object, Request, Response, Schema, Subscription};
use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use tokio::sync::Notify;

use api::gateway::{AuthFault, Engine, IdempotencyKeyHeader, StreamItem};
use domain::events::EventCursor;
use domain::operation::CorrelationId;

/// Where a test meets the inside of a resolver.
#[derive(Default)]
pub struct Gates {
    pub started: Notify,
    pub release: Notify,
    pub finished: Notify,
    pub stream_dropped: Notify,
    pub revoke: Notify,
}

/// The engine. Tokens: `good`, `short` (lives 300 ms), `revocable`, `slow` (never answers), `expired`, `down`.
#[derive(Clone)]
pub struct Toy {
    pub gates: Arc<Gates>,
    schema: Schema<Query, Mutation, Feed>,
    correlation: CorrelationId,
}

impl Toy {
    pub fn new(correlation: CorrelationId) -> Self {
        let gates = Arc::new(Gates::default());
        let schema = Schema::build(Query, Mutation, Feed).data(gates.clone()).finish();
        Self { gates, schema, correlation }
    }
}

/// Who called, by token.
#[derive(Clone)]
pub struct Caller(String);

impl Engine for Toy {
    type Session = Caller;

    async fn authenticate(&self, bearer: Option<&str>, _: Option<std::net::IpAddr>) -> Result<Caller, AuthFault> {
        match bearer {
            None => Err(AuthFault::Missing),
            Some("slow") => std::future::pending().await,
            Some("expired") => Err(AuthFault::Expired),
            Some("down") => Err(AuthFault::Unavailable),
            Some(token @ ("good" | "short" | "revocable")) => Ok(Caller(token.to_owned())),
            Some(_) => Err(AuthFault::Invalid),
        }
    }

    fn expires_at(&self, session: &Caller) -> Option<DateTime<Utc>> {
        (session.0 == "short").then(|| self.now() + Duration::from_millis(300))
    }

    async fn revoked(&self, session: &Caller) {
        if session.0 == "revocable" {
            self.gates.revoke.notified().await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    async fn execute(&self, _session: &Caller, request: Request, _correlation: &CorrelationId) -> Response {
        if request.query.contains("tooFast") {
            let error = async_graphql::Error::new("Slower, please.").extend_with(|_, e| e.set("code", "RATE_LIMITED"));
            let mut response = Response::from_errors(vec![error.into_server_error(async_graphql::Pos::default())]);
            response.http_headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
            return response;
        }
        self.schema.execute(request).await
    }

    fn stream(
        &self,
        _session: &Caller,
        request: Request,
        after: Option<EventCursor>,
        _: &CorrelationId,
    ) -> BoxStream<'static, StreamItem> {
        if request.operation_name.as_deref() == Some("Shared") {
            let json: Arc<str> = r#"{"data":{"count":7}}"#.into();
            let begin = after.map_or(0, |place| place.0);
            let events = (begin + 1..=begin + 2).map(EventCursor);
            return stream::iter(events.map(move |place| StreamItem::Shared { json: json.clone(), place })).boxed();
        }
        self.schema.execute_stream(request).map(StreamItem::from).boxed()
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn new_correlation(&self) -> CorrelationId {
        self.correlation.clone()
    }
}

#[expect(clippy::panic, reason = "the transports must survive a resolver that does this")]
fn panics() -> bool {
    panic!("on purpose")
}

struct Query;

#[Object]
impl Query {
    async fn hello(&self, #[graphql(default_with = "\"world\".to_owned()")] name: String) -> String {
        format!("hello {name}")
    }

    async fn too_fast(&self) -> bool {
        false
    }

    /// The `Idempotency-Key` header, as the transport handed it over.
    async fn key(&self, context: &Context<'_>) -> Option<String> {
        context.data_opt::<IdempotencyKeyHeader>().map(|key| key.0.clone())
    }

    async fn fails(&self) -> async_graphql::Result<bool> {
        Err("on purpose".into())
    }

    async fn panics(&self) -> bool {
        panics()
    }
}

struct Mutation;

#[Object]
impl Mutation {
    async fn ping(&self) -> bool {
        true
    }

    /// Says that it began, waits to be released, says that it ended.
    async fn gated(&self, context: &Context<'_>) -> async_graphql::Result<bool> {
        let gates = context.data::<Arc<Gates>>()?;
        gates.started.notify_one();
        gates.release.notified().await;
        gates.finished.notify_one();
        Ok(true)
    }

    async fn panics(&self) -> bool {
        panics()
    }
}

struct Feed;

/// Tells the test when a stream is let go.
struct Guard(Arc<Gates>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.stream_dropped.notify_one();
    }
}

#[Subscription]
impl Feed {
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        stream::iter(0..to)
    }

    /// One event, then silence.
    async fn quiet(&self, context: &Context<'_>) -> async_graphql::Result<impl Stream<Item = i32> + use<>> {
        let guard = Guard(context.data::<Arc<Gates>>()?.clone());
        Ok(stream::once(async { 1 }).chain(stream::pending()).map(move |value| {
            let _held = &guard;
            value
        }))
    }

    /// More than any socket buffer holds.
    async fn flood(&self, context: &Context<'_>) -> async_graphql::Result<impl Stream<Item = String> + use<>> {
        let guard = Guard(context.data::<Arc<Gates>>()?.clone());
        Ok(stream::repeat_with(move || {
            let _held = &guard;
            "x".repeat(256 * 1024)
        }))
    }

    async fn breaks(&self) -> impl Stream<Item = bool> {
        stream::once(async { panics() })
    }

    async fn refused(&self) -> async_graphql::Result<stream::Empty<i32>> {
        Err("no such cursor".into())
    }
}

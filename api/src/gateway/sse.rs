//! GraphQL over server-sent events: the distinct connections mode of `graphql-sse` (PROTOCOL.md of
//! github.com/enisdenjo/graphql-sse), one operation to a connection.
//!
//! What is wrong with a document is told in the stream, as the protocol wants it; what is wrong with the request (no
//! token, no JSON) keeps its status. An event carries its place in the log as its id, so a client that comes back with
//! `Last-Event-ID` misses nothing. A stream whose session ends says so and completes; one whose server stops ends
//! without `complete`, which is when clients come back. Nothing is buffered here: a client that does not read is not
//! read for, and its group goes on without it.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use async_graphql::Response as GraphqlResponse;
use axum::body::Body;
use axum::http::header::{self, HeaderMap, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use domain::errors::ErrorCode;
use domain::events::EventCursor;
use domain::operation::CorrelationId;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::engine::{Engine, StreamItem};
use super::execution::{self, refused};
use super::fault::Fault;
use super::session::{self, Ended};
use super::tally::Seat;
use super::{Gateway, http};
use crate::{measures, place};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// nginx would keep events until its buffer is full.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
const HEARTBEAT: &str = ":\n\n";
const COMPLETE: &str = "event: complete\ndata:\n\n";

/// Where a client that comes back was.
pub(super) fn last_event(headers: &HeaderMap) -> Result<Option<EventCursor>, Fault> {
    let Some(text) = http::text(headers, &LAST_EVENT_ID).filter(|text| !text.is_empty()) else { return Ok(None) };
    let unknown = || Fault::new(ErrorCode::CursorMismatch, "`Last-Event-ID` is not the id of an event.");
    place::parse(text).ok_or_else(unknown).map(Some)
}

/// A query or a mutation that is answered, or a document that is refused: one event, and the end.
pub(super) fn once(response: &GraphqlResponse) -> Result<Response, serde_json::Error> {
    Ok(reply(Body::from(next(None, &execution::to_json(response)?) + COMPLETE)))
}

/// A subscription.
pub(super) fn follow<E: Engine>(
    gateway: &Gateway<E>,
    session: &E::Session,
    items: BoxStream<'static, StreamItem>,
    correlation: &CorrelationId,
) -> Result<Response, Fault> {
    let full = || Fault::unavailable("This server has no room for another stream.");
    let seats = (gateway.subscription(session)?, gateway.socket(session).ok_or_else(full)?);
    let place = gateway.sockets.clone().try_acquire_owned().map_err(|_| full())?;
    let course = Course {
        items,
        ended: session::end(gateway.engine.clone(), session.clone()),
        shutdown: gateway.config.shutdown.clone(),
        heartbeat: gateway.config.heartbeat,
        correlation: correlation.clone(),
        phase: Phase::Opening,
        _place: place,
        _seats: seats,
        _counted: measures::One::of(measures::SUBSCRIPTIONS),
    };
    let frames = stream::unfold(course, async |mut course| Some((Ok::<_, Infallible>(course.next().await?), course)));
    Ok(reply(Body::from_stream(frames)))
}

/// One stream, written as fast as it is read.
struct Course {
    items: BoxStream<'static, StreamItem>,
    ended: BoxFuture<'static, Ended>,
    shutdown: CancellationToken,
    heartbeat: Duration,
    correlation: CorrelationId,
    phase: Phase,
    _place: OwnedSemaphorePermit,
    _seats: (Seat, Seat),
    _counted: measures::One,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has been written: a first comment tells the client, and proxies on the way, that the stream is open.
    Opening,
    /// The first answer decides whether there is a stream at all.
    Opened,
    Following,
    Done,
}

impl Course {
    /// What is written next; nothing more when the stream is over.
    async fn next(&mut self) -> Option<String> {
        match self.phase {
            Phase::Opening => {
                self.phase = Phase::Opened;
                return Some(HEARTBEAT.to_owned());
            }
            Phase::Done => return None,
            Phase::Opened | Phase::Following => {}
        }
        tokio::select! {
            // The end of a session goes before what it may no longer see.
            biased;
            () = self.shutdown.cancelled() => None,
            ended = &mut self.ended => Some(self.farewell(ended)),
            item = self.items.next() => self.show(item),
            () = sleep(self.heartbeat) => Some(HEARTBEAT.to_owned()),
        }
    }

    fn show(&mut self, item: Option<StreamItem>) -> Option<String> {
        let is_first = self.phase == Phase::Opened;
        self.phase = Phase::Following;
        match item {
            Some(StreamItem::Shared { json, place }) => Some(next(Some(place), &json)),
            Some(StreamItem::Own(mut response)) => {
                execution::mark(&mut response, &self.correlation);
                // Without a result to show, the stream breaks off: the client comes back and may fare better.
                let event = next(None, &execution::to_json(&response).ok()?);
                if is_first && refused(&response) { Some(self.done(event)) } else { Some(event) }
            }
            None => Some(self.done(String::new())),
        }
    }

    /// The stream ends for good: who comes back with the same token is refused.
    fn farewell(&mut self, ended: Ended) -> String {
        let message = match ended {
            Ended::Expired => "The access token expired.",
            Ended::Revoked => "The session was revoked.",
        };
        let mut response = Fault::new(ErrorCode::Unauthenticated, message).response(&self.correlation);
        execution::mark(&mut response, &self.correlation);
        let event = execution::to_json(&response).map(|json| next(None, &json)).unwrap_or_default();
        self.done(event)
    }

    fn done(&mut self, last: String) -> String {
        self.phase = Phase::Done;
        last + COMPLETE
    }
}

/// A `next` event. JSON has no line breaks outside its strings, and escapes those inside, so it is one line of data.
fn next(place: Option<EventCursor>, json: &str) -> String {
    let mut event = String::with_capacity(json.len() + 64);
    if let Some(place) = place {
        let _ = writeln!(event, "id: {}", place::to_text(place));
    }
    let _ = write!(event, "event: next\ndata: {json}\n\n");
    event
}

fn reply(body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::VARY, HeaderValue::from_static("accept, authorization"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

//! One operation of a socket: a task that writes its frames into the socket's queue, in order.
//!
//! A task per operation makes the streams independent: a slow resolver holds up nobody, and the queue hands out its
//! places in the order of asking, so a busy stream cannot starve a quiet one.

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerError};
use axum::extract::ws::Utf8Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::sync::mpsc;

use domain::operation::CorrelationId;

use super::conversation::Ticket;
use super::message;
use crate::gateway::Shared;
use crate::gateway::engine::{Engine, StreamItem};
use crate::gateway::execution::{self, prepare, ran, refused};
use crate::gateway::tally::Seat;
use crate::measures;

/// A frame on its way to the socket.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) ticket: Ticket,
    pub(super) text: Utf8Bytes,
    /// Whether the operation ends with it.
    pub(super) last: bool,
}

/// A result could not be produced: the socket is closed with 4500.
#[derive(Debug)]
pub(super) struct Broken;

/// Where the frames of one operation go.
pub(super) struct Outlet {
    pub(super) ticket: Ticket,
    /// Boxed: a channel keeps a block of 32 places per socket, full or not.
    pub(super) queue: mpsc::Sender<Box<Outgoing>>,
}

impl Outlet {
    /// Waits for a place in the queue. When the socket is gone the task is about to be aborted; nothing to report.
    async fn send(&self, text: Utf8Bytes, last: bool) {
        let frame = Outgoing { ticket: self.ticket.clone(), text, last };
        let _ = self.queue.send(Box::new(frame)).await;
    }

    async fn next(&self, response: &Response) -> Result<(), Broken> {
        let json = execution::to_json(response).map_err(|_| Broken)?;
        self.send(message::next(&self.ticket.id, &json), false).await;
        Ok(())
    }

    async fn error(&self, errors: &[ServerError]) -> Result<(), Broken> {
        let json = serde_json::to_string(errors).map_err(|_| Broken)?;
        self.send(message::error(&self.ticket.id, &json), true).await;
        Ok(())
    }

    async fn complete(&self) {
        self.send(message::complete(&self.ticket.id), true).await;
    }
}

/// What became of a request.
enum Opened {
    /// It never ran.
    Refused(Vec<ServerError>),
    /// It ran: the one answer of a query or a mutation.
    Answered(Box<Response>),
    /// It goes on: a subscription.
    Following(BoxStream<'static, StreamItem>, Seat),
}

/// Runs an operation to its end. A request that never ran ends in an `error` frame, anything else in `complete`.
pub(super) async fn run<E: Engine>(
    gateway: Shared<E>,
    session: E::Session,
    request: Request,
    outlet: Outlet,
) -> Result<(), Broken> {
    let correlation = correlation(&gateway.engine, &request);
    // Boxed: the executor's future is several KiB, which every idle subscription would carry in its own task.
    match Box::pin(open(gateway, session, request, correlation.clone())).await {
        Opened::Refused(errors) => return outlet.error(&errors).await,
        Opened::Answered(response) => outlet.next(&response).await?,
        Opened::Following(stream, _seat) => return follow(stream, &correlation, &outlet).await,
    }
    outlet.complete().await;
    Ok(())
}

async fn open<E: Engine>(
    gateway: Shared<E>,
    session: E::Session,
    request: Request,
    correlation: CorrelationId,
) -> Opened {
    let prepared = match prepare(&gateway.engine, &session, request, &correlation).await {
        Ok(prepared) => prepared,
        Err(refusal) => return Opened::Refused(refusal.errors),
    };
    if prepared.operation == Some(OperationType::Subscription) {
        return match gateway.subscription(&session) {
            Ok(seat) => Opened::Following(gateway.engine.stream(&session, prepared.request, None, &correlation), seat),
            Err(fault) => Opened::Refused(vec![fault.error(&correlation)]),
        };
    }
    let response = execution::run(&gateway, &session, prepared, &correlation).await;
    if ran(&response) { Opened::Answered(Box::new(response)) } else { Opened::Refused(response.errors) }
}

/// Follows a stream. Its first answer decides: errors without data mean that the source was never opened, which the
/// protocol reports as `error`; later ones belong to an event and are `next`.
async fn follow(
    mut stream: BoxStream<'static, StreamItem>,
    correlation: &CorrelationId,
    outlet: &Outlet,
) -> Result<(), Broken> {
    let _counted = measures::One::of(measures::SUBSCRIPTIONS);
    let mut first = true;
    while let Some(item) = stream.next().await {
        match item {
            StreamItem::Shared { json, .. } => outlet.send(message::next(&outlet.ticket.id, &json), false).await,
            StreamItem::Own(response) if first && refused(&response) => return outlet.error(&response.errors).await,
            StreamItem::Own(mut response) => {
                execution::mark(&mut response, correlation);
                outlet.next(&response).await?;
            }
        }
        first = false;
    }
    outlet.complete().await;
    Ok(())
}

/// A socket has no header per operation, so a client may send its own id as `extensions.correlationId`.
fn correlation<E: Engine>(engine: &E, request: &Request) -> CorrelationId {
    let own = match request.extensions.get("correlationId") {
        Some(async_graphql::Value::String(text)) => CorrelationId::parse(text),
        _ => None,
    };
    own.unwrap_or_else(|| engine.new_correlation())
}

//! One operation of a socket: a task that writes its frames into the socket's queue, in order.
//!
//! A task per operation makes the streams independent: a slow resolver holds up nobody, and the queue hands out its
//! places in the order of asking, so a busy stream cannot starve a quiet one.

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ServerError};
use axum::extract::ws::Utf8Bytes;
use futures_util::StreamExt;
use tokio::sync::mpsc;

use domain::operation::CorrelationId;

use super::conversation::Ticket;
use super::message;
use crate::gateway::Gateway;
use crate::gateway::engine::{Engine, StreamItem};
use crate::gateway::execution::{self, Prepared, prepare, ran};

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
    pub(super) queue: mpsc::Sender<Outgoing>,
}

impl Outlet {
    /// Waits for a place in the queue. When the socket is gone the task is about to be aborted; nothing to report.
    async fn send(&self, text: Utf8Bytes, last: bool) {
        let frame = Outgoing { ticket: self.ticket.clone(), text, last };
        let _ = self.queue.send(frame).await;
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

/// Runs an operation to its end. A request that never ran ends in an `error` frame, anything else in `complete`.
pub(super) async fn run<E: Engine>(
    gateway: Gateway<E>,
    session: E::Session,
    request: Request,
    outlet: Outlet,
) -> Result<(), Broken> {
    let correlation = correlation(&gateway.engine, &request);
    let prepared = match prepare(&gateway.engine, &session, request).await {
        Ok(prepared) => prepared,
        Err(refusal) => return outlet.error(&refusal.errors).await,
    };
    if prepared.operation == Some(OperationType::Subscription) {
        return follow(&gateway.engine, &session, prepared, &correlation, &outlet).await;
    }
    match execution::run(&gateway, &session, prepared, &correlation).await {
        Ok(response) if ran(&response) => {
            outlet.next(&response).await?;
            outlet.complete().await;
            Ok(())
        }
        Ok(response) => outlet.error(&response.errors).await,
        Err(_) => Err(Broken),
    }
}

/// Follows a stream. Its first answer decides: errors without data mean that the source was never opened, which the
/// protocol reports as `error`; later ones belong to an event and are `next`.
async fn follow<E: Engine>(
    engine: &E,
    session: &E::Session,
    prepared: Prepared,
    correlation: &CorrelationId,
    outlet: &Outlet,
) -> Result<(), Broken> {
    let mut stream = engine.stream(session, prepared.request, correlation);
    let mut first = true;
    while let Some(item) = stream.next().await {
        match item {
            StreamItem::Shared(json) => outlet.send(message::next(&outlet.ticket.id, &json), false).await,
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

fn refused(response: &Response) -> bool {
    response.data == async_graphql::Value::Null && !response.errors.is_empty()
}

/// A socket has no header per operation, so a client may send its own id as `extensions.correlationId`.
fn correlation<E: Engine>(engine: &E, request: &Request) -> CorrelationId {
    let own = match request.extensions.get("correlationId") {
        Some(async_graphql::Value::String(text)) => CorrelationId::parse(text),
        _ => None,
    };
    own.unwrap_or_else(|| engine.new_correlation())
}

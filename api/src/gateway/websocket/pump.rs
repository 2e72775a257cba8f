//! The life of one socket: one task that reads, writes and minds the clock.
//!
//! Reading and writing share the task, so a client that does not read is not read from either: the pressure goes back
//! through the bounded queue into the streams, and after the write timeout the client is cut.

use std::collections::HashMap;
use std::net::IpAddr;

use axum::extract::ws::{Message, WebSocket};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, SinkExt};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};

use domain::errors::ErrorCode;

use super::close::Close;
use super::conversation::{Conversation, Step, Ticket};
use super::message;
use super::operation::{self, Broken, Outgoing, Outlet};
use crate::gateway::engine::{AuthFault, Engine};
use crate::gateway::fault::Fault;
use crate::gateway::tally::Seat;
use crate::gateway::{Shared, SocketConfig, bearer, session};

/// Frames written between two flushes at most: fewer system calls in a burst, still one deadline for all.
const BURST_FRAMES: usize = 16;
/// Ping intervals without a sign of life before the peer counts as gone.
const SILENT_INTERVALS: u32 = 2;

/// How a socket ends.
enum End {
    /// We close it, and say why.
    Close(Close),
    /// The peer closed it, or the connection broke: nobody is left to talk to.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

/// What the upgrade request said.
pub(super) struct Said {
    /// The header of that name, used when `connection_init` brings no token.
    pub(super) authorization: Option<String>,
    /// Whose page opened the socket, if it is not ours: browsers let every page open one to anybody.
    pub(super) origin: Option<String>,
    /// Where it came from.
    pub(super) from: Option<IpAddr>,
    /// Its place among those who have not said who they are, until it has.
    pub(super) stranger: Option<Seat>,
}

/// Serves one socket until it ends. `agreed` is whether the client offered our sub-protocol.
pub(super) async fn drive<E: Engine>(gateway: Shared<E>, mut socket: WebSocket, agreed: bool, said: Said) {
    let config = gateway.config.socket.clone();
    let end = if agreed {
        let (outgoing, queue) = mpsc::channel(config.queue_frames);
        let pump = Pump {
            conversation: Conversation::new(config.operations_max),
            deadline: sleep(config.init_timeout).map(|()| Close::INIT_TIMEOUT).boxed(),
            session: None,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            silent_intervals: 0,
            gateway,
            said,
            outgoing,
        };
        // The pump and its tasks end here, before the farewell: no stream outlives the reason for its end.
        pump.run(&mut socket, queue).await
    } else {
        End::Close(Close::WRONG_SUBPROTOCOL)
    };
    if let End::Close(close) = end {
        tracing::debug!(socket.code = close.code, socket.reason = %close.reason, "closing a socket");
        part(socket, &close, &config).await;
    }
}

struct Pump<E: Engine> {
    gateway: Shared<E>,
    said: Said,
    conversation: Conversation,
    /// Resolves when time is up: first for `connection_init`, then for the session.
    deadline: BoxFuture<'static, Close>,
    /// Who is at the other end, and the place of this socket among theirs.
    session: Option<(E::Session, Seat)>,
    outgoing: mpsc::Sender<Box<Outgoing>>,
    tasks: JoinSet<Result<(), Broken>>,
    running: HashMap<Ticket, AbortHandle>,
    silent_intervals: u32,
}

impl<E: Engine> Pump<E> {
    async fn run(mut self, socket: &mut WebSocket, mut queue: mpsc::Receiver<Box<Outgoing>>) -> End {
        let shutdown = self.gateway.config.shutdown.clone();
        let every = self.gateway.config.socket.ping_interval;
        let mut pings = interval_at(Instant::now() + every, every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut burst = Vec::new();
        loop {
            let done = tokio::select! {
                () = shutdown.cancelled() => Err(Close::GOING_AWAY.into()),
                close = &mut self.deadline => Err(close.into()),
                _ = pings.tick() => self.ping(socket).await,
                Some(ended) = self.tasks.join_next() => reap(ended),
                _ = queue.recv_many(&mut burst, BURST_FRAMES) => self.flush(socket, &mut burst).await,
                incoming = socket.recv() => match incoming {
                    Some(Ok(message)) => self.hear(socket, message).await,
                    Some(Err(_)) => Err(Close::UNREADABLE.into()),
                    None => Err(End::Gone),
                },
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    /// One message of the peer. Whatever it is, the peer is alive.
    async fn hear(&mut self, socket: &mut WebSocket, message: Message) -> Result<(), End> {
        self.silent_intervals = 0;
        match message {
            Message::Text(text) => {
                let step = self.conversation.receive(&text);
                self.act(socket, step).await
            }
            Message::Binary(_) => Err(Close::BINARY.into()),
            // The library answers pings, and a close with the next read, which then is the last.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Ok(()),
        }
    }

    async fn act(&mut self, socket: &mut WebSocket, step: Step) -> Result<(), End> {
        match step {
            Step::Nothing => {}
            Step::Authenticate { authorization } => {
                let session = self.authenticate(authorization).await?;
                let seat = self.gateway.socket(&session).ok_or(Close::TOO_MANY_SOCKETS)?;
                self.deadline = session::end(self.gateway.engine.clone(), session.clone()).map(Close::from).boxed();
                self.session = Some((session, seat));
                self.said.stranger = None;
                self.conversation.accept();
                return self.write(socket, [Message::Text(message::ack())]).await;
            }
            Step::Reply(text) => return self.write(socket, [Message::Text(text)]).await,
            Step::Start(ticket, request) => {
                let Some((session, _)) = &self.session else { return Err(Close::UNAUTHORIZED.into()) };
                let outlet = Outlet { ticket: ticket.clone(), queue: self.outgoing.clone() };
                let task = operation::run(self.gateway.clone(), session.clone(), *request, outlet);
                self.running.insert(ticket, self.tasks.spawn(task));
            }
            Step::Refuse { id } => {
                let fault = Fault::new(ErrorCode::TooManyStreams, "This socket runs as many operations as it may.");
                let error = fault.error(&self.gateway.engine.new_correlation());
                let json = serde_json::to_string(&[error]).map_err(|_| Close::INTERNAL)?;
                return self.write(socket, [Message::Text(message::error(&id, &json))]).await;
            }
            Step::Stop(ticket) => {
                if let Some(task) = self.running.remove(&ticket) {
                    task.abort();
                }
            }
            Step::Close(close) => return Err(close.into()),
        }
        Ok(())
    }

    /// Checks the token, still under the deadline of the initialisation.
    async fn authenticate(&mut self, authorization: Option<String>) -> Result<E::Session, End> {
        let authorization = authorization.or_else(|| self.said.authorization.take());
        let (engine, origin, from) = (&self.gateway.engine, self.said.origin.as_deref(), self.said.from);
        let check = async {
            let token = bearer::token(authorization.as_deref())?;
            let session = engine.authenticate(token, from).await?;
            let admitted = match origin {
                Some(origin) => engine.admits(&session, origin).await?,
                None => true,
            };
            Ok::<_, AuthFault>(admitted.then_some(session))
        };
        tokio::select! {
            // Boxed: it is needed once, and would lie in the socket's task for as long as that lives.
            verdict = Box::pin(check) => match verdict {
                Ok(session) => session.ok_or(End::Close(Close::WRONG_ORIGIN)),
                Err(fault) => Err(End::Close(fault.into())),
            },
            close = &mut self.deadline => Err(close.into()),
        }
    }

    /// Writes what the operations produced, except for those that were stopped meanwhile.
    #[expect(clippy::vec_box, reason = "recv_many fills a vector with what the channel carries")]
    async fn flush(&mut self, socket: &mut WebSocket, burst: &mut Vec<Box<Outgoing>>) -> Result<(), End> {
        let mut frames = Vec::with_capacity(burst.len());
        for outgoing in burst.drain(..) {
            if !self.conversation.is_live(&outgoing.ticket) {
                continue;
            }
            if outgoing.last {
                self.conversation.finish(&outgoing.ticket);
                self.running.remove(&outgoing.ticket);
            }
            frames.push(Message::Text(outgoing.text));
        }
        self.write(socket, frames).await
    }

    async fn ping(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        if self.silent_intervals >= SILENT_INTERVALS {
            return Err(Close::SILENT.into());
        }
        self.silent_intervals += 1;
        self.write(socket, [Message::Ping(axum::body::Bytes::new())]).await
    }

    async fn write(&mut self, socket: &mut WebSocket, frames: impl IntoIterator<Item = Message>) -> Result<(), End> {
        let writing = async {
            for frame in frames {
                socket.feed(frame).await?;
            }
            socket.flush().await
        };
        match timeout(self.gateway.config.socket.write_timeout, writing).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(Close::TOO_SLOW.into()),
        }
    }
}

/// An operation's task ended. Being aborted is fine; a panic or a result that cannot be written is our fault.
fn reap(ended: Result<Result<(), Broken>, JoinError>) -> Result<(), End> {
    match ended {
        Ok(Ok(())) => Ok(()),
        Err(error) if error.is_cancelled() => Ok(()),
        Ok(Err(Broken)) | Err(_) => {
            tracing::error!("an operation on a socket failed; the socket is closed");
            Err(Close::INTERNAL.into())
        }
    }
}

/// The closing handshake. Waiting for the peer's answer keeps the kernel from discarding our frame with a reset.
async fn part(mut socket: WebSocket, close: &Close, config: &SocketConfig) {
    let farewell = async {
        if socket.send(Message::Close(Some(close.frame()))).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    // A peer that does not answer is dropped without it.
    let _ = timeout(config.close_timeout, farewell).await;
}

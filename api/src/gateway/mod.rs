//! GraphQL over HTTP, server-sent events and WebSocket, on top of any [`Engine`].
//!
//! The stock integration answers 200 to everything, accepts any content type and lacks most close codes, so the
//! transports are our own: `http` follows the GraphQL-over-HTTP draft, `sse` the distinct connections mode of
//! `graphql-sse`, `websocket` the `graphql-transport-ws` protocol. Deliberately absent: the schema, limits and cost (the engine's), uploads (multipart would open the door
//! to cross-site requests), CORS and compression (layers of the server).

mod bearer;
pub(crate) mod correlation;
mod engine;
mod execution;
mod fault;
mod http;
mod negotiation;
mod request;
mod session;
mod sse;
mod tally;
mod websocket;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderName;
use axum::routing::any;
use domain::errors::ErrorCode;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::fault::Fault;
use self::tally::{Room, Seat, Tally};

pub(crate) use execution::to_json;

pub use crate::documents::Document;
pub use engine::{AuthFault, CostHeader, Engine, IdempotencyKeyHeader, OriginHeader, StreamItem};

/// Carries the correlation id, in requests and in responses.
pub(crate) const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// The one path of the API, for all transports.
pub const GRAPHQL_PATH: &str = "/graphql";

/// What an operator may tune, and what the process shares with its transports.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// A request body, in bytes; a longer one is 413.
    pub body_bytes_max: usize,
    /// Requests in one batch; a longer one is 400.
    pub batch_max: usize,
    /// Open sockets and event streams of this process; one more is 503.
    pub sockets_max: usize,
    /// Open sockets of one client; one more is closed with 4429.
    pub sockets_per_client_max: usize,
    /// Subscriptions of this process; one more gets an `error` frame.
    pub subscriptions_max: usize,
    /// Subscriptions of one client; one more gets an `error` frame.
    pub subscriptions_per_client_max: usize,
    /// For a request body to arrive; then 408.
    pub body_timeout: Duration,
    /// For a query or a mutation to be answered, on all transports; then 504, and a mutation goes on unwatched.
    pub deadline: Duration,
    /// Between two comments of an event stream with nothing to say: proxies keep it, and a dead peer is noticed.
    pub heartbeat: Duration,
    /// Sockets of this process whose client has not said yet who it is; one more is 503.
    pub strangers_max: usize,
    /// Those of them that come from one address; one more is 503.
    pub strangers_per_address_max: usize,
    /// Proxies that stand before this process and write `X-Forwarded-For`.
    pub proxies: usize,
    /// How one socket behaves.
    pub socket: SocketConfig,
    /// Cancelled when the process is asked to stop: every socket is closed with 1001 "resume elsewhere", every event
    /// stream without its `complete`, after which clients come back.
    pub shutdown: CancellationToken,
    /// Mutations and sockets in flight. Close it and wait for it before the runtime ends, or a command is cut in half.
    pub work: TaskTracker,
}

/// Time and size limits of one WebSocket.
#[derive(Debug, Clone)]
pub struct SocketConfig {
    /// From the upgrade to a successful `connection_init`; then 4408.
    pub init_timeout: Duration,
    /// Between two pings of ours; a peer that is silent for two whole intervals is cut with 4499.
    pub ping_interval: Duration,
    /// For a write to reach the kernel; then the reader is too slow and is cut with 4413.
    pub write_timeout: Duration,
    /// For the peer to answer our close frame, before the connection is dropped.
    pub close_timeout: Duration,
    /// Operations running at once; one more gets an `error` frame.
    pub operations_max: usize,
    /// Frames that wait for the writer; a full queue makes the streams wait.
    pub queue_frames: usize,
    /// A message of the client, in bytes; a longer one is 4400.
    pub message_bytes_max: usize,
    /// Read and write buffer, in bytes each. They stay allocated for as long as the socket lives.
    pub buffer_bytes: usize,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            body_bytes_max: domain::limits::REQUEST_BODY_BYTES_MAX,
            batch_max: 10,
            sockets_max: 20_000,
            sockets_per_client_max: 2_000,
            subscriptions_max: 100_000,
            subscriptions_per_client_max: 10_000,
            body_timeout: Duration::from_secs(15),
            deadline: Duration::from_secs(30),
            heartbeat: Duration::from_secs(15),
            strangers_max: 5_000,
            strangers_per_address_max: 500,
            proxies: 0,
            socket: SocketConfig::default(),
            shutdown: CancellationToken::new(),
            work: TaskTracker::new(),
        }
    }
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            init_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(25),
            write_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(1),
            operations_max: 32,
            queue_frames: 64,
            message_bytes_max: 64 * 1024,
            buffer_bytes: 2 * 1024,
        }
    }
}

/// The gateway as each connection has it.
type Shared<E> = Arc<Gateway<E>>;

/// The engine and what all its connections share.
struct Gateway<E> {
    engine: E,
    config: GatewayConfig,
    sockets: Arc<Semaphore>,
    sockets_of_clients: Tally,
    subscriptions: Tally,
    /// Sockets that have not said who they are, by address.
    strangers: Tally,
}

impl<E: Engine> Gateway<E> {
    /// A place for another subscription of this caller.
    fn subscription(&self, session: &E::Session) -> Result<Seat, Fault> {
        let room = Room { all: self.config.subscriptions_max, each: self.config.subscriptions_per_client_max };
        let seat = self.subscriptions.enter(self.engine.payer(session).as_deref(), room);
        let message = "The client, or this server, runs as many subscriptions as it may.";
        seat.ok_or_else(|| Fault::new(ErrorCode::TooManyStreams, message))
    }

    /// A place for another socket that has not said yet who it is.
    fn stranger(&self, from: Option<IpAddr>) -> Option<Seat> {
        let room = Room { all: self.config.strangers_max, each: self.config.strangers_per_address_max };
        self.strangers.enter(from.map(|from| from.to_string()).as_deref(), room)
    }

    /// A place for another socket of this caller, who is known by now.
    fn socket(&self, session: &E::Session) -> Option<Seat> {
        let room = Room { all: usize::MAX, each: self.config.sockets_per_client_max };
        self.sockets_of_clients.enter(self.engine.payer(session).as_deref(), room)
    }
}

/// `GET`, `POST`, event streams and WebSocket upgrades on [`GRAPHQL_PATH`].
pub fn routes<E: Engine>(engine: E, config: GatewayConfig) -> Router {
    let body_limit = DefaultBodyLimit::max(config.body_bytes_max);
    let sockets = Arc::new(Semaphore::new(config.sockets_max));
    let [sockets_of_clients, subscriptions, strangers] = [(); 3].map(|()| Tally::default());
    let gateway = Gateway { engine, config, sockets, sockets_of_clients, subscriptions, strangers };
    Router::new().route(GRAPHQL_PATH, any(http::handle::<E>)).layer(body_limit).with_state(Arc::new(gateway))
}

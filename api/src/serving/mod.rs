//! Connections: how many there may be, how long they may keep us waiting, how they are encrypted and how they end.
//!
//! HTTP/1.1 and HTTP/2 share the port. Every wait for a client has an end: for its first bytes, for the head of each
//! request (which is also how long a connection may lie idle), for a body ([`crate::gateway`]) and for a whole request.

mod connection;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::middleware::AddExtension;
use axum_server::Handle;
use axum_server::accept::{Accept, NoDelayAcceptor};
use axum_server::tls_rustls::RustlsAcceptor;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use self::connection::Door;
pub use self::tls::Tls;

/// How connections are let in.
#[derive(Debug, Clone)]
pub struct ServingConfig {
    /// Open at once, WebSockets included; one more is dropped unanswered.
    pub connections_max: usize,
    /// For the first bytes and for the head of each request: how long a connection may be idle, therefore.
    pub head_timeout: Duration,
    /// From the head of a request that is not GraphQL to its answer; then 408.
    pub request_timeout: Duration,
    /// For requests under way when the process is asked to stop.
    pub drain_timeout: Duration,
    /// Encrypts; `None` where a proxy does.
    pub tls: Option<Tls>,
}

impl Default for ServingConfig {
    fn default() -> Self {
        Self {
            connections_max: 25_000,
            head_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(15),
            tls: None,
        }
    }
}

/// Streams of one HTTP/2 connection at once: what browsers expect to get.
const STREAMS_MAX: u32 = 100;
/// A silent HTTP/2 peer is asked this often whether it lives, and cut when it does not say so in half the time.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// Serves until `shutdown`, then lets requests under way finish.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    config: ServingConfig,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let handle = Handle::new();
    let places = Arc::new(Semaphore::new(config.connections_max));
    let door = Door::new(NoDelayAcceptor::new(), places, config.head_timeout);
    let stopping = stop_with(handle.clone(), shutdown.clone(), config.drain_timeout);
    let serving = async {
        match config.tls.clone() {
            None => run(listener, router, door, handle, &config).await,
            Some(tls) => {
                let renewing = tokio::spawn(tls.clone().keep_fresh(shutdown));
                let encrypted = RustlsAcceptor::new(tls.config()).acceptor(door);
                let served = run(listener, router, encrypted, handle, &config).await;
                renewing.abort();
                served
            }
        }
    };
    tokio::pin!(stopping, serving);
    tokio::select! {
        served = &mut serving => return served,
        () = &mut stopping => {}
    }
    serving.await
}

/// A connection that has not come through the door yet (a handshake under way) does not hear of the shutdown, so the
/// handle cuts what is left after the drain.
async fn stop_with(handle: Handle<SocketAddr>, shutdown: CancellationToken, drain: Duration) {
    shutdown.cancelled().await;
    handle.graceful_shutdown(Some(drain));
}

/// The router, which is told where a connection comes from.
type Known = AddExtension<Router, ConnectInfo<SocketAddr>>;

async fn run<A>(
    listener: TcpListener,
    router: Router,
    acceptor: A,
    handle: Handle<SocketAddr>,
    config: &ServingConfig,
) -> io::Result<()>
where
    A: Accept<TcpStream, Known> + Clone + Send + Sync + 'static,
    A::Stream: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send,
    A::Service: axum_server::service::SendService<axum::http::Request<hyper::body::Incoming>> + Send,
    A::Future: Send,
{
    let mut server = axum_server::Server::<SocketAddr>::from_listener(listener).acceptor(acceptor).handle(handle);
    limit(server.http_builder(), config);
    server.serve(router.into_make_service_with_connect_info::<SocketAddr>()).await
}

/// What hyper itself can be told.
fn limit(builder: &mut Builder<TokioExecutor>, config: &ServingConfig) {
    builder.http1().timer(TokioTimer::new()).header_read_timeout(config.head_timeout);
    let mut http2 = builder.http2();
    http2.timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
    http2.keep_alive_interval(PING_INTERVAL).keep_alive_timeout(PING_INTERVAL / 2);
}

#[cfg(test)]
mod tests;

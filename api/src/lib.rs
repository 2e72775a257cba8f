//! GraphQL and HTTP: the only room that knows either.
//!
//! The reading order: [`gateway`] carries requests, `auth` finds out who calls, `engine` joins the two to `schema`,
//! `subscriptions` follows the log for streams, `hooks` lets webhooks in, `pages` serves the browser apps; `evolution`
//! compares two texts of the schema. Deliberately absent: transactions (a resolver reads through a reader and changes
//! through a command) and business rules.

#![recursion_limit = "1024"]

mod address;
mod admission;
mod auth;
mod budget;
mod clients;
mod cors;
mod cost;
mod documents;
mod engine;
pub mod evolution;
mod executor;
pub mod gateway;
mod health;
mod hooks;
mod limits;
pub mod measures;
mod order;
mod pages;
mod place;
mod protection;
mod published;
pub mod schema;
mod serving;
#[cfg(test)]
mod stage;
mod subscriptions;
mod turns;
mod validation;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use commands::Stores;
use domain::limits::REQUEST_BODY_BYTES_MAX;
use domain::operation::Edge;
use domain::webhooks::endpoint::{AddressPolicy, SignatureScheme};
use domain::workspaces::Documents;
use persistence::meters::Meters;
use persistence::{Sealer, StoreError};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::timeout::TimeoutLayer;

use self::hooks::Traffic;

pub use auth::new_signing_key;
pub use limits::Limits;
pub use pages::{Login, Persona, SandboxInfo};
pub use serving::{ServingConfig, Tls};

/// Bodies below this size are not worth compressing.
const COMPRESS_ABOVE_BYTES: u64 = 1024;

/// What the API needs to run.
#[derive(Debug, Clone)]
pub struct Api {
    /// Where commands write and queries read.
    pub stores: Stores,
    /// Opens connections' secrets and the signing keys.
    pub sealer: Sealer,
    /// Now and new ids.
    pub edge: Edge,
    /// The rest.
    pub config: ApiConfig,
}

/// What an operator decides.
#[derive(Clone)]
pub struct ApiConfig {
    /// How the world reaches this server, without a trailing slash: the issuer of its tokens.
    pub public_url: String,
    /// Signs cursors.
    pub secret: [u8; 32],
    /// Shown to the browser apps when this is a sandbox.
    pub sandbox: Option<SandboxInfo>,
    /// Which addresses webhook endpoints may have.
    pub webhooks: AddressPolicy,
    /// Draws a secret of 256 bits, in characters that need no escaping: codes, refresh tokens, sessions.
    pub new_secret: fn() -> String,
    /// Draws a secret or a private key for a webhook endpoint.
    pub new_signing_secret: fn(SignatureScheme) -> String,
    /// Fetches the metadata and keys of other issuers.
    pub documents: Arc<dyn Documents>,
    /// How connections are let in.
    pub serving: ServingConfig,
    /// How much callers may use.
    pub limits: Limits,
}

impl std::fmt::Debug for ApiConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiConfig").field("public_url", &self.public_url).finish_non_exhaustive()
    }
}

/// Serves the API until `shutdown`, then lets what runs finish.
pub async fn serve(listener: TcpListener, api: Api, shutdown: CancellationToken) -> std::io::Result<()> {
    let limits = api.config.limits;
    let gateway = gateway::GatewayConfig {
        shutdown: shutdown.clone(),
        sockets_per_client_max: limits.sockets_per_client_max,
        subscriptions_per_client_max: limits.subscriptions_per_client_max,
        subscriptions_max: limits.subscriptions_max,
        proxies: limits.proxies,
        ..gateway::GatewayConfig::default()
    };
    let (work, serving) = (gateway.work.clone(), api.config.serving.clone());
    let traffic = Traffic::start(api.stores.database.clone());
    let router = router(Arc::new(api), gateway, traffic.clone()).await.map_err(std::io::Error::other)?;
    serving::serve(listener, router, serving, shutdown).await?;
    traffic.flush().await;
    work.close();
    work.wait().await;
    Ok(())
}

async fn router(api: Arc<Api>, gateway: gateway::GatewayConfig, traffic: Traffic) -> Result<Router, StoreError> {
    let tokens = Arc::new(auth::Tokens::load(&api).await?);
    auth::keep_fresh(Arc::clone(&tokens), &api.stores.bus, gateway.shutdown.clone());
    let hub = subscriptions::Hub::start(api.stores.clone(), gateway.shutdown.clone());
    let clients = clients::Clients::new(api.stores.database.clone(), &api.config.public_url);
    let meters = Meters::new(&api.stores.bus);
    let shared = (hub, meters.clone());
    let engine = engine::SchemaEngine::new(Arc::clone(&api), Arc::clone(&tokens), clients.clone(), shared);
    let compressible = SizeAbove::new(COMPRESS_ABOVE_BYTES).and(NotForContentType::SSE);
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, api.config.serving.request_timeout);
    let is_encrypted = api.config.public_url.starts_with("https:");
    let everything = (
        protection::layer(is_encrypted),
        CatchPanicLayer::new(),
        CompressionLayer::new().compress_when(compressible),
        DefaultBodyLimit::max(REQUEST_BODY_BYTES_MAX),
    );
    let routes = Router::new()
        .merge(auth::routes(Arc::clone(&api), Arc::clone(&tokens), (clients.clone(), meters)))
        .merge(hooks::routes(Arc::clone(&api), traffic))
        .merge(pages::routes(api.config.sandbox.clone()))
        .merge(published::routes(tokens, api.config.limits.introspection))
        .merge(health::routes(api))
        .layer(timeout)
        .merge(gateway::routes(engine, gateway).layer(cors::of_clients(clients))); // which keeps its own time: its refusals are GraphQL results
    Ok(routes.layer(everything))
}

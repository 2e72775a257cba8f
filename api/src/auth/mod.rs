//! Who calls: access tokens (RFC 9068), and the OAuth endpoints that issue, revoke and describe them.
//!
//! The reading order: `metadata` says what there is, `brake` holds back those who try too often, `authorize` asks a member, `client` finds out which client speaks
//! (with `assertion` for those who sign), `token_endpoint` issues, `tokens` signs and checks with what `keys` knows, `endings` revokes and
//! introspects, `issuers` takes tokens of others, `page_tokens` lets booking pages in, `watch` keeps every server's knowledge of keys and revocations fresh.

mod answer;
mod assertion;
mod authorize;
mod brake;
mod checked;
mod client;
mod endings;
mod issuers;
mod keys;
mod metadata;
mod page_tokens;
mod token_endpoint;
mod tokens;
mod watch;

use std::sync::Arc;

use axum::routing::{get, post};
use axum::{Router, middleware};
use persistence::meters::Meters;
use tokio::sync::Semaphore;

use crate::clients::Clients;
use crate::{Api, cors};

pub use keys::new_signing_key;
pub(crate) use tokens::{Caller, Ground, TokenFault, Tokens};
pub(crate) use watch::keep_fresh;

/// What the endpoints work with.
#[derive(Clone)]
struct Desk {
    api: Arc<Api>,
    tokens: Arc<Tokens>,
    clients: Clients,
    /// Places for those whose password is being looked at.
    hashing: Arc<Semaphore>,
    meters: Meters,
}

/// Passwords that are hashed at once: each takes 19 MiB and a core for some 20 ms.
const HASHING_MAX: usize = 4;

pub(crate) fn routes(api: Arc<Api>, tokens: Arc<Tokens>, (clients, meters): (Clients, Meters)) -> Router {
    let desk = Desk { api, tokens, clients, hashing: Arc::new(Semaphore::new(HASHING_MAX)), meters };
    let brake = middleware::from_fn_with_state(desk.clone(), brake::on_tokens);
    let guesses = middleware::from_fn_with_state(desk.clone(), brake::on_guesses);
    let public = Router::new()
        .route("/oauth/jwks", get(metadata::jwks))
        .route("/.well-known/oauth-authorization-server", get(metadata::metadata))
        .layer(cors::of_everybody());
    // Introspection is for servers, and the pages of /oauth/authorize are for no other site.
    let for_apps = Router::new()
        .route("/oauth/token", post(token_endpoint::token).layer(brake))
        .route("/oauth/revoke", post(endings::revoke).layer(guesses.clone()))
        .layer(cors::of_clients(desk.clients.clone()));
    Router::new()
        .merge(public)
        .merge(for_apps)
        .route("/oauth/introspect", post(endings::introspect).layer(guesses.clone()))
        .route("/oauth/authorize", get(authorize::show).post(authorize::act).layer(guesses))
        .with_state(desk)
}

//! How often somebody may try: requests of tokens by client and by address, passwords by address. A member's own waits
//! (`commands::workspaces::attempt_sign_in`) come on top.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::ids::ClientId;
use domain::metering::{Allowance, Cost, Taken};

use super::Desk;
use super::answer::Refused;
use crate::address;

impl Desk {
    /// An attempt of an address. Nothing is known about who it is, so this is what guessing is held back by.
    pub(super) async fn try_from_address(
        &self,
        kind: &str,
        address: Option<IpAddr>,
        allowance: Allowance,
    ) -> Result<(), Duration> {
        match address {
            Some(address) => self.attempt(&format!("{kind}:{address}"), allowance).await,
            // Only tests call without a connection.
            None => Ok(()),
        }
    }

    /// An attempt of a client that has proved itself: nobody else can spend what it may.
    pub(super) async fn try_as_client(&self, client: ClientId) -> Result<(), Refused> {
        let tried = self.attempt(&format!("token:{client}"), self.api.config.limits.tokens).await;
        tried.map_err(Refused::too_often)
    }

    async fn attempt(&self, key: &str, allowance: Allowance) -> Result<(), Duration> {
        match self.meters.take(key, allowance, Cost::LEAST, self.api.edge.now()).await {
            Taken::Paid { .. } => Ok(()),
            Taken::Refused { wait, .. } => Err(wait),
        }
    }
}

/// Around the endpoints that look clients up for whoever asks: those who know are not counted, those who guess are.
pub(super) async fn on_guesses(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let limits = desk.api.config.limits;
    let Some(from) = address::caller(request.extensions(), request.headers(), limits.proxies) else {
        return next.run(request).await;
    };
    let key = format!("guesses:{from}");
    if let Some(wait) = desk.meters.nothing_left_for(&key) {
        return Refused::too_often(wait).into_response();
    }
    let response = next.run(request).await;
    if matches!(response.status(), StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED) {
        // What is refused here is remembered, and held against the next.
        let _ = desk.meters.take(&key, limits.tokens, Cost::LEAST, desk.api.edge.now()).await;
    }
    response
}

/// Before the token endpoint reads anything.
pub(super) async fn on_tokens(State(desk): State<Desk>, request: Request, next: Next) -> Response {
    let limits = desk.api.config.limits;
    let address = address::caller(request.extensions(), request.headers(), limits.proxies);
    match desk.try_from_address("tokens", address, limits.tokens).await {
        Ok(()) => next.run(request).await,
        Err(wait) => Refused::too_often(wait).into_response(),
    }
}

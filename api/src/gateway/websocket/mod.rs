//! GraphQL over WebSocket: the `graphql-transport-ws` protocol, and only that one
//! (PROTOCOL.md of github.com/enisdenjo/graphql-ws).
//!
//! `message` reads and writes its frames, `conversation` decides what a message means in the present state (pure),
//! `operation` runs one operation in a task, `pump` moves bytes and minds the clock. Liveness is checked with ping
//! frames of RFC 6455, which every client answers without code of its own; the protocol's own `ping` is answered too.

mod close;
mod conversation;
mod message;
mod operation;
mod pump;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request};
use axum::http::{Method, header};
use axum::response::Response;

use self::pump::Said;
use super::Shared;
use super::engine::Engine;
use super::fault::Fault;
use super::http::text;
use crate::address;
use crate::cors::foreign_origin;
use crate::measures;

const SUBPROTOCOL: &str = "graphql-transport-ws";

/// Whether the caller asks for a WebSocket: the upgrade of HTTP/1.1, or the extended CONNECT of HTTP/2 (RFC 8441).
pub(super) fn is_upgrade(request: &Request) -> bool {
    let upgrade = text(request.headers(), &header::UPGRADE);
    let upgrade = upgrade.is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"));
    request.method() == Method::CONNECT || (request.method() == Method::GET && upgrade)
}

/// Accepts the socket and leaves a task with it.
///
/// A caller without our sub-protocol is accepted too, because only an open socket can carry the close code 4406.
pub(super) async fn upgrade<E: Engine>(gateway: Shared<E>, request: Request) -> Result<Response, Fault> {
    let full = || Fault::unavailable("This server has no room for another socket.");
    let place = gateway.sockets.clone().try_acquire_owned().map_err(|_| full())?;
    let from = address::caller(request.extensions(), request.headers(), gateway.config.proxies);
    let stranger = gateway.stranger(from).ok_or_else(full)?;
    let (mut parts, _body) = request.into_parts();
    let authorization = text(&parts.headers, &header::AUTHORIZATION).map(str::to_owned);
    let origin = foreign_origin(&parts.headers, &parts.uri).map(str::to_owned);
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    let upgrade = upgrade.map_err(|rejection| Fault::bad_request(rejection.body_text()))?;
    let limits = &gateway.config.socket;
    let upgrade = upgrade
        .protocols([SUBPROTOCOL])
        .read_buffer_size(limits.buffer_bytes)
        .write_buffer_size(limits.buffer_bytes)
        .max_frame_size(limits.message_bytes_max)
        .max_message_size(limits.message_bytes_max);
    let agreed = upgrade.selected_protocol().is_some();
    let work = gateway.config.work.clone();
    Ok(upgrade.on_upgrade(move |socket| {
        work.track_future(async move {
            let _counted = measures::One::of(measures::SOCKETS);
            pump::drive(gateway, socket, agreed, Said { authorization, origin, from, stranger: Some(stranger) }).await;
            drop(place);
        })
    }))
}

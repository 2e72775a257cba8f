//! Somebody on a socket (graphql-transport-ws) who follows one or more subscriptions.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::support::{App, Caller, PATIENCE};

/// An open socket.
pub struct Listener(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Listener {
    /// Follows these documents under the ids `0`, `1`, …
    pub async fn follow(app: &App, caller: &Caller<'_>, documents: &[(&str, Value)]) -> Self {
        Self::follow_at(&app.url, &caller.token().await, documents).await
    }

    /// As [`Listener::follow`], at a server of one's choice and with a token.
    pub async fn follow_at(server: &str, token: &str, documents: &[(&str, Value)]) -> Self {
        let payload = |(query, variables): &(&str, Value)| json!({"query": query, "variables": variables});
        let payloads: Vec<Value> = documents.iter().map(payload).collect();
        Self::ask(server, token, None, &payloads).await
    }

    /// Starts these operations under the ids `0`, `1`, …, from a page of this origin if there is one.
    pub async fn ask(server: &str, token: &str, origin: Option<&str>, payloads: &[Value]) -> Self {
        let url = format!("{}/graphql", server.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let bearer = format!("Bearer {token}");
        let init = json!({"type": "connection_init", "payload": {"authorization": bearer}});
        let subscribe = payloads
            .iter()
            .enumerate()
            .map(|(id, payload)| json!({"type": "subscribe", "id": id.to_string(), "payload": payload}));
        for message in [init].into_iter().chain(subscribe) {
            socket.send(Message::text(message.to_string())).await.unwrap();
        }
        Self(socket)
    }

    /// Why the server closes the socket: code and reason. Everything before is passed over.
    pub async fn closed(mut self) -> (u16, String) {
        let end = tokio::time::timeout(PATIENCE, async {
            loop {
                if let Message::Close(Some(frame)) = self.0.next().await.unwrap().unwrap() {
                    return (frame.code.into(), frame.reason.to_string());
                }
            }
        });
        end.await.unwrap()
    }

    /// The next `next` or `error` frame; nothing if none comes soon.
    pub async fn hear(&mut self) -> Option<Value> {
        loop {
            let heard = tokio::time::timeout(Duration::from_millis(100), self.0.next()).await.ok()?;
            let Message::Text(text) = heard?.unwrap() else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if matches!(frame["type"].as_str(), Some("next" | "error")) {
                return Some(frame);
            }
        }
    }
}

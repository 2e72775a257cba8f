//! A plain client of graphql-transport-ws
//! (<https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md>).

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::PATIENCE;

/// One connection, past its introduction.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Came while something else was waited for.
    kept: VecDeque<Value>,
}

impl Socket {
    /// Connects to a server given as `http://host:port`, with an access token.
    pub async fn open(server: &str, token: &str) -> Self {
        Self::try_open(server, token).await.unwrap_or_else(|close| panic!("closed: {close}"))
    }

    /// As [`Socket::open`], or the code of the close that came instead.
    pub async fn try_open(server: &str, token: &str) -> Result<Self, u16> {
        let mut request = format!("{}/graphql", server.replacen("http", "ws", 1)).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let (stream, _) = connect_async(request).await.unwrap();
        let mut socket = Self { stream, kept: VecDeque::new() };
        let payload = json!({"authorization": format!("Bearer {token}")});
        socket.say(json!({"type": "connection_init", "payload": payload})).await;
        assert_eq!(socket.receive().await?, json!({"type": "connection_ack"}));
        Ok(socket)
    }

    /// Starts a subscription.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({"query": query, "variables": variables});
        self.say(json!({"type": "subscribe", "id": id, "payload": payload})).await;
    }

    /// Ends a subscription.
    pub async fn complete(&mut self, id: &str) {
        self.say(json!({"type": "complete", "id": id})).await;
    }

    /// Says goodbye.
    pub async fn close(mut self) {
        self.stream.close(None).await.unwrap();
    }

    /// Asks for a sign of life and waits for it; what else comes is kept.
    pub async fn pong(&mut self) {
        self.say(json!({"type": "ping"})).await;
        loop {
            match self.receive().await {
                Ok(message) if message["type"] == "pong" => return,
                Ok(message) => self.kept.push_back(message),
                Err(close) => panic!("closed: {close}"),
            }
        }
    }

    /// The next event: the subscription's id and its data.
    pub async fn next(&mut self) -> (String, Value) {
        let mut message = self.message().await;
        assert_eq!(message["type"], "next", "{message}");
        assert_eq!(message["payload"]["errors"], Value::Null, "{message}");
        (message["id"].as_str().unwrap().to_owned(), message["payload"]["data"].take())
    }

    /// The next message, whatever it is.
    pub async fn message(&mut self) -> Value {
        match self.kept.pop_front() {
            Some(kept) => kept,
            None => self.receive().await.unwrap_or_else(|close| panic!("closed: {close}")),
        }
    }

    /// The code that the server closes with; messages before it are passed over.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            if let Err(code) = self.receive().await {
                return code;
            }
        }
    }

    async fn say(&mut self, message: Value) {
        self.stream.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next message, or the code of the close that came instead.
    async fn receive(&mut self) -> Result<Value, u16> {
        // Pings are no news: they do not move the deadline.
        let deadline = Instant::now() + PATIENCE;
        loop {
            let next = timeout_at(deadline, self.stream.next()).await.expect("the server says something");
            match next {
                Some(Ok(Message::Text(text))) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if message["type"] != "ping" {
                        return Ok(message);
                    }
                    self.say(json!({"type": "pong"})).await;
                }
                Some(Ok(Message::Close(Some(frame)))) => return Err(frame.code.into()),
                Some(Ok(_)) => {}
                other => panic!("the connection broke: {other:?}"),
            }
        }
    }
}

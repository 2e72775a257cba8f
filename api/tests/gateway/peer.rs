//! A raw WebSocket client that shows what it hears as text.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use api::gateway::{GatewayConfig, SocketConfig, routes};
use domain::operation::CorrelationId;

use crate::toy::Toy;

/// The toy behind a real listener.
pub struct Server {
    pub toy: Toy,
    pub config: GatewayConfig,
    address: String,
}

impl Server {
    pub async fn start(socket: SocketConfig) -> Self {
        Self::with(GatewayConfig { socket, ..GatewayConfig::default() }).await
    }

    pub async fn with(config: GatewayConfig) -> Self {
        let toy = Toy::new(CorrelationId::parse("toy").unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("ws://{}/graphql", listener.local_addr().unwrap());
        let app = routes(toy.clone(), config.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { toy, config, address }
    }

    /// Connects with our sub-protocol.
    pub async fn connect(&self) -> Peer {
        self.connect_with(&[("sec-websocket-protocol", "graphql-transport-ws")]).await.unwrap()
    }

    pub async fn connect_with(&self, headers: &[(&'static str, &str)]) -> Result<Peer, Error> {
        let mut request = self.address.as_str().into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        connect_async(request).await.map(|(socket, _)| Peer(socket))
    }

    /// Connects and introduces itself.
    pub async fn ready(&self, token: &str) -> Peer {
        let mut peer = self.connect().await;
        peer.init(token).await;
        peer.hears(r#"{"type":"connection_ack"}"#).await;
        peer
    }
}

/// One connection.
pub struct Peer(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Peer {
    pub async fn say(&mut self, text: &str) {
        self.say_raw(Message::text(text)).await;
    }

    pub async fn say_raw(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    pub async fn init(&mut self, token: &str) {
        self.say(&format!(r#"{{"type":"connection_init","payload":{{"authorization":"Bearer {token}"}}}}"#)).await;
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(&format!(r#"{{"type":"subscribe","id":"{id}","payload":{{"query":"{query}"}}}}"#)).await;
    }

    /// What comes next: a text as it is, a close as "code reason", a ping as "ping".
    pub async fn hear(&mut self) -> String {
        let next = timeout(Duration::from_secs(10), self.0.next()).await.expect("the server says something");
        match next {
            Some(Ok(Message::Text(text))) => text.to_string(),
            Some(Ok(Message::Close(Some(frame)))) => format!("{} {}", u16::from(frame.code), frame.reason),
            Some(Ok(Message::Ping(_))) => "ping".to_owned(),
            other => format!("{other:?}"),
        }
    }

    pub async fn hears(&mut self, expected: &str) {
        assert_eq!(self.hear().await, expected);
    }
}

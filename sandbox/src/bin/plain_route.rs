//! What `cargo xtask bench` compares with: one axum route that takes JSON and gives it back, one that executes GraphQL
//! for anybody, one that sends what is posted to every WebSocket, and nothing else.
//!
//! It runs as the server runs — the same runtime, the same allocator, the same HTTP library — so that a ratio to it
//! shows what Meridian adds. It listens on a free port of 127.0.0.1 and says which on its first line.

use std::io::Write;
use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, SimpleObject};
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::broadcast::{self, error::RecvError};

/// Posts that a socket may be behind. The bench sends fewer, so nothing is lost.
const QUEUE: usize = 4096;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot listen on 127.0.0.1")?;
        let address = listener.local_addr()?;
        writeln!(std::io::stdout(), "plain route ready http://{address}/json")?;
        let routes = Router::new()
            .route("/json", post(echo))
            .route("/graphql", post(execute))
            .route("/broadcast", get(listen))
            .route("/publish", post(publish))
            .with_state(broadcast::Sender::new(QUEUE))
            .layer(Extension(Executor::new(Query, EmptyMutation, EmptySubscription)));
        axum::serve(listener, routes).await.context("the route ended")
    })
}

async fn echo(Json(value): Json<Value>) -> Json<Value> {
    Json(value)
}

/// As little of a schema as answers the smallest query of the bench: what the executor takes by itself.
type Executor = Schema<Query, EmptyMutation, EmptySubscription>;

struct Query;

#[derive(SimpleObject)]
struct Viewer {
    client_id: &'static str,
}

#[Object]
impl Query {
    async fn viewer(&self) -> Viewer {
        Viewer { client_id: "cli_01m7zmsa0sew39qkg4j5w8py54" }
    }
}

async fn execute(
    Extension(executor): Extension<Executor>,
    Json(request): Json<async_graphql::Request>,
) -> Json<async_graphql::Response> {
    Json(executor.execute(request).await)
}

async fn listen(State(posts): State<broadcast::Sender<Utf8Bytes>>, upgrade: WebSocketUpgrade) -> Response {
    let heard = posts.subscribe();
    upgrade.protocols(["graphql-transport-ws"]).on_upgrade(|socket| forward(socket, heard))
}

async fn publish(State(posts): State<broadcast::Sender<Utf8Bytes>>, body: String) {
    // Nobody listens: nothing to do.
    let _ = posts.send(body.into());
}

async fn forward(mut socket: WebSocket, mut heard: broadcast::Receiver<Utf8Bytes>) {
    loop {
        let sent = match heard.recv().await {
            Ok(text) => socket.send(Message::Text(text)).await,
            Err(RecvError::Lagged(_)) => continue,
            Err(RecvError::Closed) => return,
        };
        if sent.is_err() {
            return;
        }
    }
}

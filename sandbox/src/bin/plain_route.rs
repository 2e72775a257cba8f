//! What `cargo xtask bench` compares with: one axum route that takes JSON and gives it back, and nothing else.
//!
//! It runs as the server runs — the same runtime, the same allocator, the same HTTP library — so that a ratio to it
//! shows what Meridian adds. It listens on a free port of 127.0.0.1 and says which on its first line.

use std::io::Write;
use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start threads")?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("cannot listen on 127.0.0.1")?;
        let address = listener.local_addr()?;
        writeln!(std::io::stdout(), "plain route ready http://{address}/json")?;
        axum::serve(listener, Router::new().route("/json", post(echo))).await.context("the route ended")
    })
}

async fn echo(Json(value): Json<Value>) -> Json<Value> {
    Json(value)
}

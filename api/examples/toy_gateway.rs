//! The transports around the toy schema of their tests, for `tests/audit/audit.mjs`:
//! `cargo run -p api --example toy_gateway`, then see there.

#[path = "../tests/gateway/toy.rs"]
mod toy;

use api::gateway::{GatewayConfig, routes};
use domain::operation::CorrelationId;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let toy = toy::Toy::new(CorrelationId::try_from("toy".to_owned())?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:4000").await?;
    axum::serve(listener, routes(toy, GatewayConfig::default())).await?;
    Ok(())
}

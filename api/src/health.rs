//! Liveness and readiness: `/healthz` says that the process runs, `/readyz` that it can serve.
//!
//! A server without Redis can serve: it is told of here, and nobody is sent elsewhere for it, where it is away too.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use persistence::bus::Reach;
use serde_json::{Value, json};

use crate::Api;

pub(crate) fn routes(api: Arc<Api>) -> Router {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).with_state(api)
}

async fn alive() -> Json<Value> {
    Json(json!({ "status": "alive", "time_zone_database": domain::time::database_version() }))
}

async fn ready(State(api): State<Arc<Api>>) -> (StatusCode, Json<Value>) {
    match api.stores.database.is_migrated().await {
        Ok(true) => (StatusCode::OK, Json(json!({ "status": "ready", "redis": redis(&api) }))),
        Ok(false) => {
            let remedy = "run `meridian migrate`";
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "schema out of date", "remedy": remedy })))
        }
        Err(error) => {
            tracing::warn!(error = %error, "the readiness check could not reach the store");
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "status": "store unavailable" })))
        }
    }
}

fn redis(api: &Api) -> &'static str {
    match *api.stores.bus.reach().borrow() {
        Reach::Process => "not used",
        Reach::Connected => "connected",
        Reach::Away => "away",
    }
}

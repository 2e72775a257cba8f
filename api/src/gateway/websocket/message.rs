//! The messages of `graphql-transport-ws`, in and out.

use axum::extract::ws::Utf8Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a client may say. Unknown types and missing fields are errors (close 4400); unknown fields are not.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    ConnectionInit { payload: Option<Map<String, Value>> },
    Subscribe { id: String, payload: Map<String, Value> },
    Complete { id: String },
    Ping { payload: Option<Map<String, Value>> },
    Pong {},
}

/// `connection_ack`.
pub(super) fn ack() -> Utf8Bytes {
    Utf8Bytes::from_static(r#"{"type":"connection_ack"}"#)
}

/// `pong`, with the payload of the ping.
pub(super) fn pong(payload: Option<Map<String, Value>>) -> Utf8Bytes {
    match payload {
        None => Utf8Bytes::from_static(r#"{"type":"pong"}"#),
        Some(payload) => format!(r#"{{"type":"pong","payload":{}}}"#, Value::Object(payload)).into(),
    }
}

/// `next`, around an execution result that is JSON already: shared results are copied, never serialised again.
pub(super) fn next(id: &str, result: &str) -> Utf8Bytes {
    format!(r#"{{"id":{},"type":"next","payload":{result}}}"#, quoted(id)).into()
}

/// `error`, around a JSON array of GraphQL errors. It also ends the operation.
pub(super) fn error(id: &str, errors: &str) -> Utf8Bytes {
    format!(r#"{{"id":{},"type":"error","payload":{errors}}}"#, quoted(id)).into()
}

/// `complete`.
pub(super) fn complete(id: &str) -> Utf8Bytes {
    format!(r#"{{"id":{},"type":"complete"}}"#, quoted(id)).into()
}

fn quoted(id: &str) -> Value {
    Value::String(id.to_owned())
}

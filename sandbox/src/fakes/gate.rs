//! The way into a fake: every request is noted, and struck by the next scripted fault that is meant for it.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::operation::Edge;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::faults::{Act, Fault, Pause, Plan, Reply, Script, ScriptedFault};
use super::traffic::Traffic;

/// Larger requests are cut off; no provider takes more.
const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Script and log of one fake.
pub(super) struct Gate {
    edge: Edge,
    script: Mutex<Script>,
    traffic: Mutex<Traffic>,
    /// Counts the releases; a held request waits for the next one.
    releases: watch::Sender<u64>,
}

impl Gate {
    pub(super) fn new(edge: Edge) -> Self {
        Self { edge, script: Mutex::default(), traffic: Mutex::default(), releases: watch::Sender::new(0) }
    }

    /// Lets every held request go.
    pub(super) fn release(&self) {
        self.releases.send_modify(|count| *count += 1);
    }

    /// Forgets script and log, and lets held requests go.
    pub(super) fn reset(&self) {
        lock(&self.script).clear();
        lock(&self.traffic).clear();
        self.release();
    }
}

/// Waits. `releases` was subscribed to before the request could be seen in the log, so that a release by somebody who
/// watched the log is not missed.
async fn wait(pause: Pause, mut releases: watch::Receiver<u64>) {
    match pause {
        Pause::None => {}
        Pause::For(time) => tokio::time::sleep(time).await,
        Pause::UntilReleased => {
            // An error means that the fake is gone, which releases as well.
            let _ = releases.changed().await;
        }
    }
}

/// A fake's state is sound between any two statements, so a panic elsewhere need not end it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The layer around a provider's own routes.
///
/// The work is a task of its own: axum drops a handler when its client hangs up, and a provider is not so kind.
pub(super) async fn pass(State(gate): State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let releases = gate.releases.subscribe();
    let sequence = lock(&gate.traffic).arrived(&parts, &body, gate.edge.now());
    let plan = lock(&gate.script).take(parts.method.as_str(), parts.uri.path()).map(Fault::plan);
    let request = Request::from_parts(parts, Body::from(body));
    let work = tokio::spawn(async move {
        let response = match plan {
            None => Some(next.run(request).await),
            Some(plan) => {
                lock(&gate.traffic).struck(sequence, plan.name);
                perform(plan, releases, request, next).await
            }
        };
        if let Some(response) = &response {
            lock(&gate.traffic).answered(sequence, response.status().as_u16());
        }
        response
    });
    work.await.ok().flatten().unwrap_or_else(broken)
}

async fn perform(plan: Plan, releases: watch::Receiver<u64>, request: Request, next: Next) -> Option<Response> {
    let own = match plan.act {
        Act::First => {
            let response = next.run(request).await;
            wait(plan.pause, releases).await;
            Some(response)
        }
        Act::Late => {
            wait(plan.pause, releases).await;
            Some(next.run(request).await)
        }
        Act::Never => {
            wait(plan.pause, releases).await;
            None
        }
    };
    match plan.reply {
        Reply::Own => own,
        Reply::Nothing => None,
        Reply::Scripted { status, headers, body } => {
            let body = match body {
                Value::Null => String::new(),
                Value::String(text) => text,
                body => body.to_string(),
            };
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            response.headers_mut().insert("content-type", HeaderValue::from_static("application/json;charset=utf-8"));
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                    response.headers_mut().insert(name, value);
                }
            }
            Some(response)
        }
    }
}

/// A response that is none: its body fails before its first byte, and hyper then closes the connection without
/// having sent the head. `tests/faults.rs` watches the socket.
fn broken() -> Response {
    let body = stream::once(async { Err::<Bytes, _>(io::Error::other("dropped on purpose")) });
    Response::new(Body::from_stream(body))
}

/// The body of `POST /_fake/faults`.
#[derive(Deserialize)]
pub(super) struct NewFaults {
    faults: Vec<ScriptedFault>,
}

pub(super) async fn add_faults(State(gate): State<Arc<Gate>>, Json(new): Json<NewFaults>) -> Json<Value> {
    let mut script = lock(&gate.script);
    script.extend(new.faults);
    Json(json!({"faults": script.left()}))
}

pub(super) async fn faults_left(State(gate): State<Arc<Gate>>) -> Json<Value> {
    Json(json!({"faults": lock(&gate.script).left()}))
}

pub(super) async fn log(State(gate): State<Arc<Gate>>) -> Json<Value> {
    Json(json!({"requests": lock(&gate.traffic).entries()}))
}

pub(super) async fn release(State(gate): State<Arc<Gate>>) -> StatusCode {
    gate.release();
    StatusCode::NO_CONTENT
}

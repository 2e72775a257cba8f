//! `POST /hooks/{connection}`: signed webhooks, verified over the raw body, stored before they are acknowledged.
//!
//! Forms are answered with 202 when they are stored (or were before), or kept in quarantine because they do not fit
//! their schema; vendors' events with 200. Otherwise 401 for a proof that does not hold, 404 for a connection that is
//! unknown, 413, 503 exactly when it could not be stored. `POST /hooks/{connection}/batch` takes many forms at once.

mod answers;
mod batch;
mod sender;
mod traffic;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, OriginalUri, Path, State};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::Response;
use axum::routing::post;
use commands::Failure;
use commands::webhooks::{
    KeepDelivery, Kept, ReceiveSubmission, keep_delivery, receive_batch as store_batch, receive_submission,
};
use domain::errors::{ErrorCode, Refusal};
use domain::limits::{BATCH_BODY_BYTES_MAX, REQUEST_BODY_BYTES_MAX};
use domain::operation::CorrelationId;
use domain::webhooks::{Greeting, InboundOutcome, Scheme, Verified, Violation, kept_headers, read_form};

use self::answers::Answer;
use self::sender::{Authentic, Sender, texts};
use crate::gateway::{CORRELATION_ID, correlation};
use crate::{Api, measures};

pub(crate) use self::traffic::Traffic;

/// What the routes share.
#[derive(Clone)]
struct Hooks {
    api: Arc<Api>,
    traffic: Traffic,
}

pub(crate) fn routes(api: Arc<Api>, traffic: Traffic) -> Router {
    let batch = post(receive_batch).layer(DefaultBodyLimit::max(BATCH_BODY_BYTES_MAX));
    Router::new()
        .route("/hooks/{connection}", post(receive))
        .route("/hooks/{connection}/batch", batch)
        .with_state(Hooks { api, traffic })
}

/// What a body holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    One,
    Batch,
}

/// A request as it came.
struct Call<'a> {
    connection: &'a str,
    uri: &'a Uri,
    headers: Vec<(&'a str, &'a str)>,
    body: Result<Bytes, BytesRejection>,
    correlation: CorrelationId,
    load: Load,
}

async fn receive(
    State(hooks): State<Hooks>,
    Path(connection): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    hooks.answer((&connection, &uri, &headers), body, Load::One).await
}

async fn receive_batch(
    State(hooks): State<Hooks>,
    Path(connection): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    hooks.answer((&connection, &uri, &headers), body, Load::Batch).await
}

impl Hooks {
    async fn answer(
        &self,
        (connection, uri, headers): (&str, &Uri, &HeaderMap),
        body: Result<Bytes, BytesRejection>,
        load: Load,
    ) -> Response {
        let correlation = correlation::given(headers).unwrap_or_else(|| self.api.edge.correlation());
        let call = Call { connection, uri, headers: texts(headers), body, correlation: correlation.clone(), load };
        let mut response = self.counted(call).await;
        if let Ok(value) = HeaderValue::from_str(correlation.as_str()) {
            response.headers_mut().insert(CORRELATION_ID, value);
        }
        response
    }

    /// Answers, and notes what became of it: in the log when it is refused, without a word of the request.
    async fn counted(&self, call: Call<'_>) -> Response {
        let correlation = call.correlation.clone();
        let sender = match Sender::open(&self.api, call.connection).await {
            Ok(sender) => sender,
            Err(refusal) => {
                measures::inbound(None, InboundOutcome::Rejected(refusal.code));
                return Answer::refused(&[refusal], &correlation).response;
            }
        };
        let taken = take(&self.api, &sender, call).await;
        let answer = taken.unwrap_or_else(|refusals| Answer::refused(&refusals, &correlation));
        for outcome in answer.counted {
            self.traffic.count((sender.workspace, sender.connection), outcome, self.api.edge.now());
            if let Some(code) = outcome.rejection() {
                tracing::warn!(
                    connection.id = %sender.connection, reason = %code, correlation.id = %correlation,
                    "a webhook was refused"
                );
            }
        }
        answer.response
    }
}

async fn take(api: &Api, sender: &Sender, call: Call<'_>) -> Result<Answer, Vec<Refusal>> {
    if let Some(token) = sender.handshake(call.uri) {
        return Ok(Answer::greeting(Greeting::Text(token)));
    }
    let body = call.body.map_err(|_| vec![too_large(call.load)])?;
    let authentic = sender.verify(api, (call.uri, &call.headers), &body).map_err(|refusal| vec![refusal])?;
    let (verified, correlation) = match authentic {
        Authentic::Greeting(greeting) => return Ok(Answer::greeting(greeting)),
        Authentic::Delivery(verified) => (verified, &call.correlation),
    };
    if call.load == Load::Batch {
        return take_batch(api, sender, &body, correlation).await;
    }
    if sender.scheme != Scheme::Form {
        let kept = keep(api, sender, correlation, delivery(sender, verified, &call.headers, (&body, Vec::new())));
        return Ok(Answer::kept(&kept.await?, correlation));
    }
    match read_form(&body) {
        Ok(form) => {
            let Verified { delivery_id, replay_key: signature, .. } = verified;
            let input = ReceiveSubmission { connection: sender.connection, delivery_id, signature, form };
            let operation = api.edge.system(sender.workspace, correlation.clone());
            let received = receive_submission(&api.stores, &operation, input).await;
            Ok(Answer::submitted(received.map_err(|failure| not_stored(&failure, correlation))?, correlation))
        }
        Err(violations) => {
            let kept = keep(api, sender, correlation, delivery(sender, verified, &call.headers, (&body, violations)));
            Ok(Answer::quarantined(kept.await?, correlation))
        }
    }
}

async fn take_batch(
    api: &Api,
    sender: &Sender,
    body: &[u8],
    correlation: &CorrelationId,
) -> Result<Answer, Vec<Refusal>> {
    if sender.scheme != Scheme::Form {
        return Err(vec![Refusal::new(ErrorCode::NotFound, "This connection takes no batches.")]);
    }
    let items = batch::read(body)?;
    let ids: Vec<String> = items.iter().map(|item| item.delivery_id.clone()).collect();
    let operation = api.edge.system(sender.workspace, correlation.clone());
    let stored = store_batch(&api.stores, &api.sealer, &operation, (sender.connection, items)).await;
    let results = stored.map_err(|failure| not_stored(&failure, correlation))?;
    Ok(Answer::batch(ids.into_iter().zip(results).collect(), correlation))
}

fn delivery(
    sender: &Sender,
    verified: Verified,
    headers: &[(&str, &str)],
    (body, violations): (&[u8], Vec<Violation>),
) -> KeepDelivery {
    KeepDelivery {
        connection: sender.connection,
        delivery_id: verified.delivery_id,
        replay_key: verified.replay_key,
        headers: kept_headers(headers),
        body: body.to_vec(),
        violations,
    }
}

async fn keep(
    api: &Api,
    sender: &Sender,
    correlation: &CorrelationId,
    input: KeepDelivery,
) -> Result<Kept, Vec<Refusal>> {
    let operation = api.edge.system(sender.workspace, correlation.clone());
    let kept = keep_delivery(&api.stores, &api.sealer, &operation, input).await;
    kept.map_err(|failure| not_stored(&failure, correlation))
}

fn too_large(load: Load) -> Refusal {
    let bytes_max = match load {
        Load::One => REQUEST_BODY_BYTES_MAX,
        Load::Batch => BATCH_BODY_BYTES_MAX,
    };
    Refusal::new(ErrorCode::PayloadTooLarge, format!("The body is larger than {} MiB.", bytes_max >> 20))
}

fn not_stored(failure: &Failure, correlation: &CorrelationId) -> Vec<Refusal> {
    tracing::error!(error = %failure, correlation.id = %correlation, "a webhook could not be stored");
    vec![Refusal::new(failure.code(), "The webhook could not be stored; send it again.")]
}

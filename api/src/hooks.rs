//! `POST /hooks/{connection}`: signed webhooks, verified over the raw body, stored before they are acknowledged.
//!
//! 202 when it is stored (or was before), 400 for a body that is not JSON, 401 for a signature that does not hold, 404
//! for a connection that is unknown, 413, 422 for a payload that does not fit its schema, 503 exactly when it could not
//! be stored.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use commands::webhooks::{ReceiveSubmission, receive_submission};
use domain::errors::{ErrorCode, Refusal};
use domain::ids::{ConnectionId, WorkspaceId};
use domain::integrations::{ConnectionSecrets, Provider};
use domain::operation::CorrelationId;
use domain::webhooks::{
    FormSubmission, Incoming, Scheme, SignatureError, SigningSecret, Verified, Violation, parse, refuse_times,
};
use persistence::integrations::open_connection_anywhere;
use serde_json::json;

use crate::Api;
use crate::gateway::{CORRELATION_ID, correlation};

pub(crate) fn routes(api: Arc<Api>) -> Router {
    Router::new().route("/hooks/{connection}", post(receive)).with_state(api)
}

async fn receive(
    State(api): State<Arc<Api>>,
    Path(connection): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let correlation = correlation::given(&headers).unwrap_or_else(|| api.edge.correlation());
    let answer = take(&api, &connection, (&uri, &headers), body, &correlation).await;
    let mut response = answer.unwrap_or_else(|refusals| refuse(&refusals, &correlation));
    if let Ok(value) = HeaderValue::from_str(correlation.as_str()) {
        response.headers_mut().insert(CORRELATION_ID, value);
    }
    response
}

async fn take(
    api: &Api,
    connection: &str,
    (uri, headers): (&Uri, &HeaderMap),
    body: Result<Bytes, BytesRejection>,
    correlation: &CorrelationId,
) -> Result<Response, Vec<Refusal>> {
    let body = body.map_err(|_| vec![Refusal::new(ErrorCode::PayloadTooLarge, "The body is larger than 1 MiB.")])?;
    let (workspace, connection, secrets) = open(api, connection).await?;
    let verified = verify(api, &secrets, (uri, headers), &body).map_err(|refusal| vec![refusal])?;
    let form = read(&body)?;
    let operation = api.edge.system(workspace, correlation.clone());
    let input =
        ReceiveSubmission { connection, delivery_id: verified.delivery_id, signature: verified.replay_key, form };
    let received = receive_submission(&api.stores, &operation, input).await.map_err(|failure| {
        tracing::error!(error = %failure, correlation.id = %correlation, "a webhook could not be stored");
        vec![Refusal::new(failure.code(), "The webhook could not be stored; send it again.")]
    })?;
    let body =
        json!({ "submission": received.submission, "duplicate": !received.is_new, "correlationId": correlation });
    Ok((StatusCode::ACCEPTED, Json(body)).into_response())
}

async fn open(api: &Api, text: &str) -> Result<(WorkspaceId, ConnectionId, ConnectionSecrets), Vec<Refusal>> {
    let unknown = || vec![Refusal::new(ErrorCode::NotFound, "There is no such connection.")];
    let id: ConnectionId = text.parse().map_err(|_| unknown())?;
    let found = open_connection_anywhere(&api.stores.database, &api.sealer, id).await.map_err(|error| {
        tracing::error!(error = %error, "a webhook's connection could not be read");
        vec![Refusal::new(ErrorCode::Unavailable, "The connection could not be read; send it again.")]
    })?;
    match found {
        Some((workspace, connection, secrets)) if connection.provider == Provider::Webform => {
            Ok((workspace, connection.id, secrets))
        }
        _ => Err(unknown()),
    }
}

fn verify(
    api: &Api,
    secrets: &ConnectionSecrets,
    (uri, headers): (&Uri, &HeaderMap),
    body: &[u8],
) -> Result<Verified, Refusal> {
    let scheme = Scheme::Form;
    let keys: Vec<SigningSecret> =
        secrets.signing_secrets.iter().filter_map(|secret| scheme.secret(secret).ok()).collect();
    let uri = format!("{}{uri}", api.config.public_url);
    let headers: Vec<_> =
        headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let incoming = Incoming { uri: &uri, headers: &headers, body };
    let verified = scheme.verify(&incoming, &keys, api.edge.now());
    verified.map_err(|error| Refusal::new(signature_code(error), error.to_string()))
}

fn signature_code(error: SignatureError) -> ErrorCode {
    match error {
        SignatureError::Missing(_) => ErrorCode::SignatureMissing,
        SignatureError::Stale | SignatureError::Future => ErrorCode::TimestampOutOfWindow,
        SignatureError::Malformed(_) | SignatureError::Mismatch => ErrorCode::SignatureInvalid,
    }
}

fn read(body: &[u8]) -> Result<FormSubmission, Vec<Refusal>> {
    let form = parse(body).map_err(|violations| {
        let refusal = |found: Violation| match found.keyword.as_str() {
            "json" => Refusal::new(ErrorCode::BadRequest, format!("The body is {}.", found.message)),
            _ => Refusal::field(ErrorCode::FieldMismatch, found.path, found.message),
        };
        violations.into_iter().map(refusal).collect::<Vec<_>>()
    })?;
    let refusals = refuse_times(&form);
    if refusals.is_empty() { Ok(form) } else { Err(refusals) }
}

/// The first refusal decides the status; a payload that was understood but does not fit is 422 (RFC 9110 §15.5.21).
fn refuse(refusals: &[Refusal], correlation: &CorrelationId) -> Response {
    let status = refusals.first().map_or(500, |refusal| match refusal.code {
        ErrorCode::FieldMismatch | ErrorCode::UnknownTimeZone | ErrorCode::AmbiguousLocalTime => 422,
        code => code.entry().status,
    });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let errors: Vec<_> = refusals
        .iter()
        .map(|refusal| {
            json!({
                "code": refusal.code, "field": refusal.field, "message": refusal.message,
                "retryable": refusal.code.entry().retryable, "correlationId": correlation,
            })
        })
        .collect();
    let mut response = (status, Json(json!({ "errors": errors }))).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert("retry-after", HeaderValue::from_static("1"));
    }
    response
}

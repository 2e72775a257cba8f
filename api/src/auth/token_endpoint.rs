//! `POST /oauth/token`: client credentials (RFC 6749 §4.4), by `client_secret_basic` or `client_secret_post`.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::access::Grants;
use domain::ids::ClientId;
use domain::workspaces::{Client, client_secret_digest};
use oauth2::basic::{BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse, BasicTokenType};
use oauth2::{AccessToken, EmptyExtraTokenFields, Scope};
use persistence::workspaces::find_client;
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::Tokens;
use crate::Api;

type TokenState = (Arc<Api>, Arc<Tokens>);

pub(crate) fn routes(api: Arc<Api>, tokens: Arc<Tokens>) -> Router {
    Router::new().route("/oauth/token", post(token)).with_state((api, tokens))
}

#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
}

async fn token(
    State((api, tokens)): State<TokenState>,
    headers: HeaderMap,
    request: Result<Form<TokenRequest>, FormRejection>,
) -> Response {
    match grant(&api, &tokens, &headers, request.map(|Form(request)| request)).await {
        Ok(answer) => (StatusCode::OK, no_store(), Json(answer)).into_response(),
        Err((status, kind, description)) => {
            let body = BasicErrorResponse::new(kind, Some(description.to_owned()), None);
            let mut response = (status, no_store(), Json(body)).into_response();
            if status == StatusCode::UNAUTHORIZED {
                // RFC 6749 §5.2: a client that used the header is told the scheme; RFC 7617 §2: with its realm.
                let challenge = header::HeaderValue::from_static(r#"Basic realm="meridian""#);
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
    }
}

type Refused = (StatusCode, BasicErrorResponseType, &'static str);

async fn grant(
    api: &Api,
    tokens: &Tokens,
    headers: &HeaderMap,
    request: Result<TokenRequest, FormRejection>,
) -> Result<BasicTokenResponse, Refused> {
    let bad = |kind, description| (StatusCode::BAD_REQUEST, kind, description);
    let request = request.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            (rejection.status(), BasicErrorResponseType::InvalidRequest, "the body is larger than 1 MiB")
        }
        _ => {
            bad(BasicErrorResponseType::InvalidRequest, "send `grant_type`, once, as application/x-www-form-urlencoded")
        }
    })?;
    if request.grant_type != "client_credentials" {
        let description = "the grant type is `client_credentials`";
        return Err(bad(BasicErrorResponseType::UnsupportedGrantType, description));
    }
    let client = authenticate(api, headers, &request).await?;
    let scopes = match request.scope.as_deref().map(str::trim).filter(|scope| !scope.is_empty()) {
        None => client.scopes.clone(),
        Some(asked) => Grants::try_from(asked.to_owned())
            .ok()
            .filter(|asked| asked.intersection(&client.scopes) == *asked)
            .ok_or_else(|| bad(BasicErrorResponseType::InvalidScope, "the client may not have this scope"))?,
    };
    let (token, lifetime) = tokens.issue(&client, scopes.clone()).map_err(|error| {
        tracing::error!(error = %error, "a token could not be issued");
        unavailable()
    })?;
    let mut answer = BasicTokenResponse::new(AccessToken::new(token), BasicTokenType::Bearer, EmptyExtraTokenFields {});
    answer.set_expires_in(lifetime.to_std().ok().as_ref());
    answer.set_scopes(Some(scopes.iter().map(|scope| Scope::new(scope.to_string())).collect()));
    Ok(answer)
}

/// The client, by the header or by the body, never by both (RFC 6749 §2.3 and, for the code, §5.2).
async fn authenticate(api: &Api, headers: &HeaderMap, request: &TokenRequest) -> Result<Client, Refused> {
    let refused = (StatusCode::UNAUTHORIZED, BasicErrorResponseType::InvalidClient, "unknown client or wrong secret");
    let twice = "authenticate by the header or by the body, not by both";
    let (id, secret) = match (headers.get(header::AUTHORIZATION), &request.client_id, &request.client_secret) {
        (Some(value), named, None) => {
            let (id, secret) = basic(value).ok_or_else(|| refused.clone())?;
            // A client may name itself in the body as well, but nobody else.
            if named.as_ref().is_some_and(|named| *named != id) {
                return Err((StatusCode::BAD_REQUEST, BasicErrorResponseType::InvalidRequest, twice));
            }
            (id, secret)
        }
        (Some(_), _, Some(_)) => return Err((StatusCode::BAD_REQUEST, BasicErrorResponseType::InvalidRequest, twice)),
        (None, Some(id), Some(secret)) => (id.clone(), secret.clone()),
        (None, ..) => return Err(refused),
    };
    let id: ClientId = id.parse().map_err(|_| refused.clone())?;
    let found = find_client(&api.stores.database, id).await.map_err(|error| {
        tracing::warn!(error = %error, "the store did not answer the token endpoint");
        unavailable()
    })?;
    let (client, digest) = found.ok_or_else(|| refused.clone())?;
    let matches: bool = client_secret_digest(&secret).ct_eq(&digest).into();
    if matches { Ok(client) } else { Err(refused) }
}

/// `Basic base64(id:secret)`, both form-encoded first (RFC 6749 §2.3.1). Our ids and secrets need no encoding.
fn basic(value: &header::HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (id.to_owned(), secret.to_owned()))
}

fn no_store() -> [(header::HeaderName, &'static str); 2] {
    [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")]
}

fn unavailable() -> Refused {
    let kind = BasicErrorResponseType::Extension("temporarily_unavailable".to_owned());
    (StatusCode::SERVICE_UNAVAILABLE, kind, "try again in a moment")
}

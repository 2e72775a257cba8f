//! `POST /oauth/token`: client credentials (RFC 6749 §4.4).

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use domain::access::Grants;
use domain::workspaces::Client;
use oauth2::basic::{BasicErrorResponseType, BasicTokenResponse, BasicTokenType};
use oauth2::{AccessToken, EmptyExtraTokenFields, Scope};
use serde::Deserialize;

use super::Desk;
use super::answer::{NO_STORE, Refused, given, read};
use super::client::{Credentials, authenticate};

#[derive(Deserialize)]
pub(super) struct TokenRequest {
    grant_type: Option<String>,
    scope: Option<String>,
    #[serde(flatten)]
    credentials: Credentials,
}

pub(super) async fn token(
    State(desk): State<Desk>,
    headers: HeaderMap,
    request: Result<Form<TokenRequest>, FormRejection>,
) -> Response {
    match grant(&desk, &headers, request).await {
        Ok(answer) => (StatusCode::OK, NO_STORE, Json(answer)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

async fn grant(
    desk: &Desk,
    headers: &HeaderMap,
    request: Result<Form<TokenRequest>, FormRejection>,
) -> Result<BasicTokenResponse, Refused> {
    let request = read(request)?;
    let kind = given(request.grant_type.as_ref()).ok_or_else(|| Refused::request("`grant_type` is missing"))?;
    if kind != "client_credentials" {
        let kind = BasicErrorResponseType::UnsupportedGrantType;
        return Err(Refused::bad(kind, "the grant type is `client_credentials`"));
    }
    let client = authenticate(desk, headers, &request.credentials).await?;
    let scopes = asked(given(request.scope.as_ref()), &client)?;
    let (token, lifetime) = desk.tokens.issue(&client, scopes.clone())?;
    let mut answer = BasicTokenResponse::new(AccessToken::new(token), BasicTokenType::Bearer, EmptyExtraTokenFields {});
    answer.set_expires_in(lifetime.to_std().ok().as_ref());
    answer.set_scopes(Some(scopes.iter().map(|scope| Scope::new(scope.to_string())).collect()));
    Ok(answer)
}

/// The scopes that are asked for, which must all be the client's; all of its own when none are named.
fn asked(scope: Option<&str>, client: &Client) -> Result<Grants, Refused> {
    let Some(scope) = scope.map(str::trim).filter(|scope| !scope.is_empty()) else { return Ok(client.scopes.clone()) };
    let asked = Grants::try_from(scope.to_owned()).ok();
    asked
        .filter(|asked| asked.intersection(&client.scopes) == *asked)
        .ok_or_else(|| Refused::bad(BasicErrorResponseType::InvalidScope, "the client may not have this scope"))
}

//! Before a token's time is over: `POST /oauth/revoke` (RFC 7009) and `POST /oauth/introspect` (RFC 7662).

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use commands::workspaces::revoke_token;
use persistence::workspaces::is_revoked;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use super::answer::{NO_STORE, Refused, given, read};
use super::client::{Credentials, authenticate};
use super::tokens::TokenFault;

/// Both endpoints are sent a token. A hint of its kind is not needed: ours can be told apart.
#[derive(Deserialize)]
pub(super) struct AboutToken {
    token: Option<String>,
    #[serde(flatten)]
    credentials: Credentials,
}

type AboutTokenForm = Result<Form<AboutToken>, FormRejection>;

pub(super) async fn revoke(State(desk): State<Desk>, headers: HeaderMap, form: AboutTokenForm) -> Response {
    match end(&desk, &headers, form).await {
        Ok(()) => (StatusCode::OK, NO_STORE).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// A token that is none any more needs no revoking: that is a success too (RFC 7009 §2.2).
async fn end(desk: &Desk, headers: &HeaderMap, form: AboutTokenForm) -> Result<(), Refused> {
    let form = read(form)?;
    let client = authenticate(desk, headers, &form.credentials).await?;
    let token = given(form.token.as_ref()).ok_or_else(|| Refused::request("`token` is missing"))?;
    let claims = match desk.tokens.read(token).await {
        Ok(claims) => claims,
        Err(TokenFault::Unknown) => return Err(Refused::unavailable()),
        Err(TokenFault::Invalid | TokenFault::Expired) => return Ok(()),
    };
    if claims.client_id != client.id {
        return Err(Refused::grant("the token was issued to another client"));
    }
    let ending = (claims.jti, claims.expires_at());
    Ok(revoke_token(&desk.api.stores, client.workspace, ending, desk.api.edge.now()).await?)
}

pub(super) async fn introspect(State(desk): State<Desk>, headers: HeaderMap, form: AboutTokenForm) -> Response {
    match describe(&desk, &headers, form).await {
        Ok(answer) => (StatusCode::OK, NO_STORE, Json(answer)).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// What is known of a token. One of another workspace is no more active than one that never was (RFC 7662 §2.2).
async fn describe(desk: &Desk, headers: &HeaderMap, form: AboutTokenForm) -> Result<Value, Refused> {
    let form = read(form)?;
    let client = authenticate(desk, headers, &form.credentials).await?;
    let token = given(form.token.as_ref()).ok_or_else(|| Refused::request("`token` is missing"))?;
    let nothing = json!({ "active": false });
    let claims = match desk.tokens.read(token).await {
        Ok(claims) if claims.workspace == client.workspace => claims,
        Err(TokenFault::Unknown) => return Err(Refused::unavailable()),
        _ => return Ok(nothing),
    };
    // Asked of the store, not of what this server remembers: who introspects wants to know now.
    if is_revoked(&desk.api.stores.database.reader(client.workspace), claims.jti).await? {
        return Ok(nothing);
    }
    Ok(claims.introspection())
}

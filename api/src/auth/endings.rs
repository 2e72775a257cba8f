//! Before a token's time is over: `POST /oauth/revoke` (RFC 7009) and `POST /oauth/introspect` (RFC 7662).

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use commands::workspaces::{revoke_grant, revoke_token};
use domain::workspaces::{Client, REFRESH_LIFETIME, secret_digest};
use persistence::StoreError;
use persistence::workspaces::{find_grant, find_refresh_token, is_revoked};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use super::answer::{NO_STORE, Refused, given, read};
use super::client::{Credentials, authenticate, authenticate_strictly};
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
    let (stores, now) = (&desk.api.stores, desk.api.edge.now());
    let anothers = || Refused::grant("the token was issued to another client");
    match desk.tokens.read(token).await {
        Ok(claims) if claims.client_id == client.id => {
            Ok(revoke_token(stores, client.workspace, (claims.jti, claims.expires_at()), now).await?)
        }
        Ok(_) => Err(anothers()),
        Err(TokenFault::Unknown) => Err(Refused::unavailable()),
        Err(TokenFault::Expired) => Ok(()),
        // No access token: with a refresh token all that came of the same consent ends (RFC 7009 §2.1).
        Err(TokenFault::Invalid) => {
            let is_own = revoke_grant(stores, client.workspace, (client.id, token), now).await?;
            if is_own { Ok(()) } else { Err(anothers()) }
        }
    }
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
    let client = authenticate_strictly(desk, headers, &form.credentials).await?;
    let token = given(form.token.as_ref()).ok_or_else(|| Refused::request("`token` is missing"))?;
    let nothing = json!({ "active": false });
    let claims = match desk.tokens.read(token).await {
        Ok(claims) if claims.workspace == client.workspace => claims,
        Err(TokenFault::Invalid) => return Ok(refresh_token(desk, &client, token).await?.unwrap_or(nothing)),
        Err(TokenFault::Unknown) => return Err(Refused::unavailable()),
        _ => return Ok(nothing),
    };
    // Asked of the store, not of what this server remembers: who introspects wants to know now.
    if is_revoked(&desk.api.stores.database.reader(client.workspace), &claims.revocable()).await? {
        return Ok(nothing);
    }
    Ok(claims.introspection())
}

/// What is known of a refresh token, to the client that it was given to.
async fn refresh_token(desk: &Desk, client: &Client, token: &str) -> Result<Option<Value>, StoreError> {
    let reader = desk.api.stores.database.reader(client.workspace);
    let Some(token) = find_refresh_token(&reader, secret_digest(token)).await? else { return Ok(None) };
    let Some(grant) = find_grant(&reader, token.grant).await? else { return Ok(None) };
    let now = desk.api.edge.now();
    let ends_at = (token.created_at + REFRESH_LIFETIME).min(grant.ends_at());
    let is_good = token.used_at.is_none() && grant.revoked_at.is_none() && now < ends_at;
    Ok((is_good && grant.client == client.id).then(|| {
        json!({
            "active": true, "scope": grant.scopes, "client_id": grant.client, "sub": grant.member,
            "iss": desk.api.config.public_url, "exp": ends_at.timestamp(), "iat": token.created_at.timestamp(),
        })
    }))
}

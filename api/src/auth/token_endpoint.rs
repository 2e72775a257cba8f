//! `POST /oauth/token`: client credentials (RFC 6749 §4.4), codes with PKCE (§4.1.3, RFC 7636), refresh tokens (§6).

use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use commands::workspaces::{RedeemCode, Refreshed, ShownToken, redeem_code, refresh};
use domain::access::Grants;
use domain::workspaces::{Client, Grant};
use oauth2::basic::{BasicErrorResponseType, BasicTokenResponse, BasicTokenType};
use oauth2::{AccessToken, EmptyExtraTokenFields, RefreshToken, Scope};
use persistence::workspaces::find_member;
use serde::Deserialize;

use super::Desk;
use super::answer::{NO_STORE, Refused, given, read};
use super::client::{Credentials, authenticate, has_proof};
use super::tokens::{Allowed, Issue};

#[derive(Deserialize)]
pub(super) struct TokenRequest {
    grant_type: Option<String>,
    scope: Option<String>,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
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
    let acts_for_members = match kind {
        "client_credentials" => false,
        "authorization_code" | "refresh_token" => true,
        _ => return Err(Refused::bad(BasicErrorResponseType::UnsupportedGrantType, "there is no such grant type")),
    };
    let client = authenticate(desk, headers, &request.credentials).await?;
    // A client that proves nothing is whoever names it: then only the address counts.
    if has_proof(headers, &request.credentials) {
        desk.try_as_client(client.id).await?;
    }
    if client.acts_for_members() != acts_for_members {
        let description = "the client may not use this grant type";
        return Err(Refused::bad(BasicErrorResponseType::UnauthorizedClient, description));
    }
    match kind {
        "client_credentials" => {
            let scopes = wanted(&request)?.unwrap_or_else(|| client.scopes.clone());
            if scopes.intersection(&client.scopes) != scopes {
                return Err(too_much());
            }
            answer(desk, &client, Issue { scopes, host: client.host, allowed: None }, None)
        }
        "authorization_code" => redeem(desk, &client, &request).await,
        _ => go_on(desk, &client, &request).await,
    }
}

async fn redeem(desk: &Desk, client: &Client, request: &TokenRequest) -> Result<BasicTokenResponse, Refused> {
    let (Some(code), Some(redirect_uri), Some(verifier)) =
        (given(request.code.as_ref()), given(request.redirect_uri.as_ref()), given(request.code_verifier.as_ref()))
    else {
        return Err(Refused::request("`code`, `redirect_uri` and `code_verifier` are needed"));
    };
    let secret = (desk.api.config.new_secret)();
    let input = RedeemCode { client, code, redirect_uri, verifier, next: (desk.api.edge.new_id(), &secret) };
    let grant = redeem_code(&desk.api.stores, input, desk.api.edge.now()).await?;
    let grant = grant.ok_or_else(|| Refused::grant("the code is not good for this client, place and verifier"))?;
    let scopes = grant.scopes.clone();
    on_behalf(desk, client, &grant, (scopes, secret)).await
}

async fn go_on(desk: &Desk, client: &Client, request: &TokenRequest) -> Result<BasicTokenResponse, Refused> {
    let shown = given(request.refresh_token.as_ref());
    let shown = shown.ok_or_else(|| Refused::request("`refresh_token` is missing"))?;
    let wanted = wanted(request)?;
    let secret = (desk.api.config.new_secret)();
    let next = (desk.api.edge.new_id(), secret.as_str());
    let refused = || Refused::grant("the refresh token is not good any more");
    let input = ShownToken { client, token: shown, wanted: wanted.as_ref(), next };
    match refresh(&desk.api.stores, input, desk.api.edge.now()).await? {
        Refreshed::Done(grant) => {
            let scopes = wanted.unwrap_or_else(|| grant.scopes.clone());
            on_behalf(desk, client, &grant, (scopes, secret)).await
        }
        Refreshed::TooMuch => Err(too_much()),
        Refreshed::Refused => Err(refused()),
        Refreshed::Ended(grant) => {
            tracing::warn!(
                client.id = %client.id,
                member.id = %grant.member,
                grant.id = %grant.id,
                "a refresh token was used twice; everything that came of the same consent is revoked"
            );
            Err(refused())
        }
    }
}

/// Tokens in a member's name, for what client and member may do today: rights that were taken away since are gone.
async fn on_behalf(
    desk: &Desk,
    client: &Client,
    grant: &Grant,
    (scopes, secret): (Grants, String),
) -> Result<BasicTokenResponse, Refused> {
    let reader = desk.api.stores.database.reader(client.workspace);
    let member = find_member(&reader, grant.member).await?.ok_or_else(|| Refused::grant("the member is gone"))?;
    let scopes = scopes.intersection(&member.scopes).intersection(&client.scopes);
    let allowed = Some(Allowed { member: member.id, grant: Some(grant.id) });
    answer(desk, client, Issue { scopes, host: member.host, allowed }, Some(secret))
}

fn answer(
    desk: &Desk,
    client: &Client,
    issue: Issue,
    refresh_token: Option<String>,
) -> Result<BasicTokenResponse, Refused> {
    let scopes = issue.scopes.iter().map(|scope| Scope::new(scope.to_string())).collect();
    let (token, lifetime) = desk.tokens.issue(client, issue)?;
    let mut answer = BasicTokenResponse::new(AccessToken::new(token), BasicTokenType::Bearer, EmptyExtraTokenFields {});
    answer.set_expires_in(lifetime.to_std().ok().as_ref());
    answer.set_scopes(Some(scopes));
    answer.set_refresh_token(refresh_token.map(RefreshToken::new));
    Ok(answer)
}

/// The scopes that are asked for, if any are named.
fn wanted(request: &TokenRequest) -> Result<Option<Grants>, Refused> {
    let scope = given(request.scope.as_ref()).map(str::trim).filter(|scope| !scope.is_empty());
    scope.map(|scope| Grants::try_from(scope.to_owned()).map_err(|_| too_much())).transpose()
}

fn too_much() -> Refused {
    Refused::bad(BasicErrorResponseType::InvalidScope, "the client may not have this scope")
}

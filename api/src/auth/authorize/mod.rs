//! `/oauth/authorize` (RFC 6749 §4.1, OAuth 2.1): a member signs in, sees what a client asks for, and allows it or not.
//!
//! The request stays in the URL and is read anew at every step, so nothing is kept for those who turn away. Deliberately
//! absent: remembered consent (every grant is seen by somebody) and OpenID Connect (no identity is handed out).

mod browser;
mod page;
mod request;

use axum::extract::rejection::FormRejection;
use axum::extract::{RawQuery, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use chrono::TimeDelta;
use commands::Failure;
use commands::workspaces::{allow_client, attempt_sign_in, sign_in, sign_out};
use domain::contacts::EmailAddress;
use domain::ids::MemberId;
use domain::workspaces::{Grant, Member, PasswordHash, secret_digest};
use persistence::StoreError;
use persistence::workspaces::{Session, find_member, find_session};
use serde::Deserialize;

use self::browser::Browser;
use self::page::{Form, Sight};
use self::request::{Fault, Request};
use super::Desk;
use crate::address;

/// A working day. The browser forgets earlier when it is closed.
const SESSION_LIFETIME: TimeDelta = TimeDelta::hours(12);

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        tracing::warn!(error = %error, "the store did not answer the authorization endpoint");
        Self::Unavailable
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Self {
        tracing::warn!(error = %failure, "the authorization endpoint could not do its work");
        Self::Unavailable
    }
}

/// `GET`: the page that is next.
pub(super) async fn show(State(desk): State<Desk>, RawQuery(query): RawQuery, jar: CookieJar) -> Response {
    let query = query.unwrap_or_default();
    let visit = async {
        let request = Request::read(&desk, &query).await?;
        let browser = Browser::of(jar, &desk.api.config);
        next_page(&desk, &request, &query, browser).await
    };
    visit.await.unwrap_or_else(Fault::into_response)
}

/// What a form says.
#[derive(Deserialize)]
pub(super) struct Filled {
    code: String,
    step: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// `POST`: a form was sent.
pub(super) async fn act(
    State(desk): State<Desk>,
    RawQuery(query): RawQuery,
    (headers, extensions): (HeaderMap, Extensions),
    jar: CookieJar,
    filled: Result<axum::Form<Filled>, FormRejection>,
) -> Response {
    let query = query.unwrap_or_default();
    let limits = desk.api.config.limits;
    let address = address::caller(&extensions, &headers, limits.proxies);
    let visit = async {
        let request = Request::read(&desk, &query).await?;
        let browser = Browser::of(jar, &desk.api.config);
        let Ok(axum::Form(filled)) = filled else { return Err(Fault::Person("The form is not one of ours.")) };
        // Browsers say where a form comes from (Fetch Metadata); the code in it proves it for those that do not.
        let is_ours = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
        if !is_ours || !browser.knows(&filled.code, &query) {
            return Err(Fault::Person("The form is not one of ours, or it is out of date. Go back and begin anew."));
        }
        if filled.step == "sign_in" {
            desk.try_from_address("sign-in", address, limits.sign_ins).await.map_err(Fault::TooOften)?;
        }
        step(&desk, &request, &query, browser, filled).await
    };
    visit.await.unwrap_or_else(Fault::into_response)
}

async fn step(
    desk: &Desk,
    request: &Request,
    query: &str,
    browser: Browser,
    filled: Filled,
) -> Result<Response, Fault> {
    match filled.step.as_str() {
        "sign_in" => {
            if let Some(member) = who(desk, request, filled).await? {
                return Ok(again(query, begin_session(desk, request, member, browser).await?));
            }
            let code = browser.code(query);
            let page = page::sign_in(&Form { query, code: &code }, &request.client.name, Sight::Failed);
            Ok((browser.cookies(), page).into_response())
        }
        "sign_out" => {
            if let Some(secret) = browser.session() {
                sign_out(&desk.api.stores, request.client.workspace, secret).await?;
            }
            Ok(again(query, browser.signed_out()))
        }
        "deny" => Ok(request.back.with(&[("error", "access_denied"), ("error_description", "the member said no")])),
        "allow" => match signed_in(desk, request, &browser).await? {
            Some(member) => allow(desk, request, &member).await,
            None => Ok(again(query, browser)),
        },
        _ => Err(Fault::Person("The form is not one of ours.")),
    }
}

/// The page for whoever is there.
async fn next_page(desk: &Desk, request: &Request, query: &str, browser: Browser) -> Result<Response, Fault> {
    let code = browser.code(query);
    let form = Form { query, code: &code };
    let Some(member) = signed_in(desk, request, &browser).await? else {
        return Ok((browser.cookies(), page::sign_in(&form, &request.client.name, Sight::First)).into_response());
    };
    let scopes = request.scopes.intersection(&member.scopes);
    if scopes.is_empty() {
        return Ok(request
            .back
            .with(&[("error", "access_denied"), ("error_description", "the member may do none of it")]));
    }
    let source = request.back.source();
    let people = (request.client.name.as_str(), member.name.as_str());
    let page = page::allow(&form, people, &scopes, source.as_deref());
    Ok((browser.cookies(), page).into_response())
}

/// The member who is signed in, in the client's workspace: a session of another one is none.
async fn signed_in(desk: &Desk, request: &Request, browser: &Browser) -> Result<Option<Member>, Fault> {
    let Some(secret) = browser.session() else { return Ok(None) };
    let reader = desk.api.stores.database.reader(request.client.workspace);
    let session = find_session(&reader, secret_digest(secret), desk.api.edge.now()).await?;
    match session {
        Some(session) => Ok(find_member(&reader, session.member).await?),
        None => Ok(None),
    }
}

/// Whose address and password this is. A wrong address takes as long as a wrong password.
async fn who(desk: &Desk, request: &Request, filled: Filled) -> Result<Option<MemberId>, Fault> {
    let attempt = match EmailAddress::parse(&filled.email) {
        Ok(email) => attempt_sign_in(&desk.api.stores, request.client.workspace, &email, desk.api.edge.now()).await?,
        Err(_) => None,
    };
    let (member, hash) = attempt.map_or((None, PasswordHash::nobodys()), |(member, hash)| (Some(member), hash));
    // Memory and cores for a few at a time; the others wait.
    let Ok(_place) = desk.hashing.acquire().await else { return Err(Fault::Unavailable) };
    let matches = tokio::task::spawn_blocking(move || hash.matches(&filled.password)).await.unwrap_or(false);
    if member.is_none() || !matches {
        tracing::info!(workspace.id = %request.client.workspace, "a sign-in failed");
    }
    Ok(member.filter(|_| matches))
}

async fn begin_session(desk: &Desk, request: &Request, member: MemberId, browser: Browser) -> Result<Browser, Fault> {
    let (edge, secret) = (&desk.api.edge, (desk.api.config.new_secret)());
    let now = edge.now();
    let session = Session {
        id: edge.new_id(),
        member,
        secret_digest: secret_digest(&secret),
        created_at: now,
        expires_at: now + SESSION_LIFETIME,
    };
    sign_in(&desk.api.stores, request.client.workspace, &session).await?;
    Ok(browser.signed_in(secret))
}

/// The member said yes: the client is sent a code.
async fn allow(desk: &Desk, request: &Request, member: &Member) -> Result<Response, Fault> {
    let code = (desk.api.config.new_secret)();
    let grant = Grant {
        id: desk.api.edge.new_id(),
        client: request.client.id,
        member: member.id,
        scopes: request.scopes.intersection(&member.scopes),
        redirect_uri: request.back.uri.clone(),
        challenge: request.challenge.clone(),
        created_at: desk.api.edge.now(),
        redeemed_at: None,
        revoked_at: None,
    };
    allow_client(&desk.api.stores, request.client.workspace, &grant, &code).await?;
    Ok(request.back.with(&[("code", &code)]))
}

/// The same request once more, as a page: a reload then sends no form.
fn again(query: &str, browser: Browser) -> Response {
    let place = HeaderValue::from_str(&format!("/oauth/authorize?{query}"));
    let place = place.unwrap_or(HeaderValue::from_static("/oauth/authorize"));
    let headers = [(header::LOCATION, place), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    (StatusCode::SEE_OTHER, headers, browser.cookies()).into_response()
}

//! The browser apps: booking page, operator console, playground, GraphiQL. Plain files, embedded, served without the
//! internet.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use rust_embed::RustEmbed;
use serde::Serialize;

/// Scripts and styles come from this server and nothing else runs (CSP level 3).
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

#[derive(RustEmbed)]
#[folder = "../web"]
#[include = "*/*"]
#[exclude = "tests/*"]
#[exclude = "build/*"]
struct Files;

/// What the browser apps are told in a sandbox: whom one may choose to be, and how one may sign in.
#[derive(Debug, Clone, Serialize)]
pub struct SandboxInfo {
    /// Whom one can be.
    pub personas: Vec<Persona>,
    /// The public client that each page is on which members sign in, by the page's name.
    pub pages: BTreeMap<&'static str, String>,
    /// Who may sign in there.
    pub member: Option<Login>,
}

/// What a member signs in with.
#[derive(Clone, Serialize)]
pub struct Login {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({})", self.email)
    }
}

/// A client of the sandbox, with its secret.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Persona {
    /// Its name, e.g. `ops`.
    pub name: String,
    /// Its client id.
    pub client_id: String,
    /// Its client secret.
    pub client_secret: String,
    /// What it may do.
    pub scopes: Vec<String>,
}

impl std::fmt::Debug for Persona {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Persona({})", self.name)
    }
}

pub(crate) fn routes(sandbox: Option<SandboxInfo>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/book") }))
        .route("/book", get(|| async { file("book/index.html") }))
        .route("/book/{slug}", get(|| async { file("book/index.html") }))
        .route("/book/", get(|| async { Redirect::permanent("/book") }))
        .route("/console", get(|| async { file("console/index.html") }))
        .route("/console/", get(|| async { Redirect::permanent("/console") }))
        .route("/playground", get(|| async { file("playground/index.html") }))
        .route("/playground/", get(|| async { Redirect::permanent("/playground") }))
        .route("/graphiql", get(|| async { file("graphiql/index.html") }))
        .route("/graphiql/", get(|| async { Redirect::permanent("/graphiql") }))
        .route("/app/config.json", get(config))
        .route("/app/{*path}", get(|Path(path): Path<String>| async move { file(&path) }))
        .with_state(sandbox)
}

async fn config(State(sandbox): State<Option<SandboxInfo>>) -> Response {
    let Some(sandbox) = sandbox else { return StatusCode::NOT_FOUND.into_response() };
    let body = serde_json::json!({
        "graphql": crate::gateway::GRAPHQL_PATH, "token": "/oauth/token", "sandbox": true, "personas": sandbox.personas,
        "pages": sandbox.pages, "member": sandbox.member,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn file(path: &str) -> Response {
    let Some(found) = Files::get(path) else { return StatusCode::NOT_FOUND.into_response() };
    let kind = match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    };
    let mut response = found.data.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    // For browsers that know no `frame-ancestors`.
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_apps_are_served_and_their_tests_are_not() {
        for path in [
            "book/app.js",
            "console/views/live.js",
            "playground/index.html",
            "graphiql/vendor/graphiql.js",
            "shared/vendor/oauth.js",
        ] {
            assert!(Files::get(path).is_some(), "{path}");
        }
        assert!(Files::get("tests/schema.js").is_none());
        assert!(Files::iter().all(|path| !path.starts_with("tests/") && !path.starts_with("build/")));
    }
}

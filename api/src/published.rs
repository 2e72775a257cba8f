//! What the server publishes about itself: the error catalogue at `/errors`, where every error points to, the JSON
//! Schemas of webhooks and events at `/schemas`, and the GraphQL schema at `/schema.graphql`.

use std::sync::{Arc, LazyLock};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::errors::{ErrorCode, example};
use domain::ids::PageTokenId;
use domain::webhooks::SCHEMAS;
use serde_json::{Value, json};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::auth::{TokenFault, Tokens};
use crate::cors;

/// These are for everybody, wherever they are embedded.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// `introspection`: whether the schema is anybody's business.
pub(crate) fn routes(tokens: Arc<Tokens>, introspection: bool) -> Router {
    let schema_text = if introspection { get(graphql_schema) } else { get(|| async { StatusCode::NOT_FOUND }) };
    Router::new()
        .route("/errors", get(errors))
        .route("/schema.graphql", schema_text)
        .route("/schemas", get(|| async { Json(schemas()) }))
        .route("/schemas/{name}", get(schema))
        .layer(cors::of_everybody())
        .layer(SetResponseHeaderLayer::if_not_present(RESOURCE_POLICY, HeaderValue::from_static("cross-origin")))
        .with_state(tokens)
}

/// The catalogue, as a page for people and as JSON for those who ask for that.
async fn errors(headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let vary = [(header::VARY, "accept")];
    // Browsers name HTML; a program that names nothing in particular is a program.
    if accepts.contains("text/html") {
        let policy = [(header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'self'")];
        (vary, policy, Html(errors_page())).into_response()
    } else {
        (vary, Json(errors_json())).into_response()
    }
}

fn errors_json() -> Value {
    let entry = |code: &ErrorCode| {
        let (entry, example) = (code.entry(), example(*code));
        let answer = example.and_then(|example| serde_json::from_str::<Value>(example.answer).ok());
        json!({
            "code": code.as_str(),
            "status": entry.status,
            "retryable": entry.retryable,
            "cause": entry.cause,
            "remedy": entry.remedy,
            "example": { "request": example.map(|example| example.request), "answer": answer },
        })
    };
    ErrorCode::ALL.iter().map(entry).collect()
}

/// An anchor per code. Nothing in it comes from a caller.
fn errors_page() -> String {
    let entry = |code: &ErrorCode| {
        let entry = code.entry();
        let anchor = code.as_str().to_ascii_lowercase();
        let retry =
            if entry.retryable { "The same request can succeed later." } else { "The request must be changed." };
        let (cause, remedy) = (coded(entry.cause), coded(entry.remedy));
        let shown = example(*code).map(|example| {
            let (request, answer) = (escaped(example.request), escaped(example.answer));
            format!("<details><summary>Example</summary><pre>{request}</pre><pre>{answer}</pre></details>")
        });
        format!(
            "<dt id=\"{anchor}\"><code>{code}</code> · HTTP {}</dt><dd>{cause} {retry}<br>{remedy}{}</dd>",
            entry.status,
            shown.unwrap_or_default()
        )
    };
    let entries: String = ErrorCode::ALL.iter().map(entry).collect();
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Errors · Meridian</title>\
         <link rel=\"stylesheet\" href=\"/app/shared/style.css\"><main><h1>Errors</h1><dl>{entries}</dl></main></html>"
    )
}

/// The schema with the directives of its definitions, which introspection does not show: scopes and costs. It is for
/// those who may introspect, so a token is needed.
async fn graphql_schema(State(tokens): State<Arc<Tokens>>, headers: HeaderMap) -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(crate::schema::sdl);
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let fixed = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/graphql; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    // The visitors of a page have no use for it, and cost a look at the store.
    let checked =
        if token.parse::<PageTokenId>().is_ok() { Err(TokenFault::Invalid) } else { tokens.check(token).await };
    match checked {
        Ok(_) => (fixed, TEXT.as_str()).into_response(),
        Err(TokenFault::Unknown) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Err(_) => {
            let challenge = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"meridian\""))];
            (StatusCode::UNAUTHORIZED, challenge).into_response()
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Backticks become code.
fn coded(sentence: &str) -> String {
    let parts = sentence.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

/// A schema under the name that it is served by.
struct Listed {
    name: &'static str,
    version: u32,
    text: &'static str,
}

impl Listed {
    fn file_name(&self) -> String {
        format!("{}.v{}.json", self.name, self.version)
    }
}

/// What webhooks are validated against, then what events are made by.
fn all_schemas() -> impl Iterator<Item = Listed> {
    let inbound = SCHEMAS.iter().map(|schema| Listed { name: schema.name, version: schema.version, text: schema.text });
    let events = domain::events::schemas().iter();
    inbound.chain(events.map(|schema| Listed { name: &schema.name, version: schema.version, text: &schema.text }))
}

fn schemas() -> Value {
    let listed = |schema: Listed| {
        let url = format!("/schemas/{}", schema.file_name());
        json!({ "name": schema.name, "version": schema.version, "url": url })
    };
    all_schemas().map(listed).collect()
}

async fn schema(Path(name): Path<String>) -> Response {
    match all_schemas().find(|schema| schema.file_name() == name) {
        Some(found) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("application/schema+json"))], found.text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use domain::events::EventType;

    use super::*;

    #[tokio::test]
    async fn every_schema_is_listed_under_the_name_it_is_served_by() {
        let listed = schemas();
        let listed = listed.as_array().unwrap();
        assert_eq!(listed.len(), SCHEMAS.len() + EventType::ALL.len());
        for entry in listed {
            let file = entry["url"].as_str().unwrap().strip_prefix("/schemas/").unwrap();
            let served = schema(Path(file.to_owned())).await;
            let body = axum::body::to_bytes(served.into_body(), usize::MAX).await.unwrap();
            let text: Value = serde_json::from_slice(&body).unwrap();
            let urn = format!("urn:meridian:schema:{}:{}", entry["name"].as_str().unwrap(), entry["version"]);
            assert_eq!(text["$id"], urn);
        }
    }

    #[test]
    fn backticks_become_code() {
        assert_eq!(coded("Use `a` or `b`."), "Use <code>a</code> or <code>b</code>.");
    }
}

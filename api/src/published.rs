//! What the server publishes about itself: the error catalogue at `/errors`, where every error points to, and the JSON
//! Schemas at `/schemas`.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use domain::errors::ErrorCode;
use domain::webhooks::SCHEMAS;
use serde_json::{Value, json};

pub(crate) fn routes() -> Router {
    Router::new()
        .route("/errors", get(errors))
        .route("/schemas", get(|| async { Json(schemas()) }))
        .route("/schemas/{name}", get(schema))
}

/// The catalogue as a page, an anchor per code. Nothing in it comes from a caller, so nothing needs escaping but the
/// backticks, which become code.
async fn errors() -> impl IntoResponse {
    let entry = |code: &ErrorCode| {
        let entry = code.entry();
        let anchor = code.as_str().to_ascii_lowercase();
        let retry =
            if entry.retryable { "The same request can succeed later." } else { "The request must be changed." };
        let (cause, remedy) = (coded(entry.cause), coded(entry.remedy));
        format!(
            "<dt id=\"{anchor}\"><code>{code}</code> · HTTP {}</dt><dd>{cause} {retry}<br>{remedy}</dd>",
            entry.status
        )
    };
    let entries: String = ErrorCode::ALL.iter().map(entry).collect();
    let page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Errors · Meridian</title>\
         <link rel=\"stylesheet\" href=\"/app/shared/style.css\"><main><h1>Errors</h1><dl>{entries}</dl></main></html>"
    );
    ([(header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'self'")], Html(page))
}

fn coded(sentence: &str) -> String {
    let parts = sentence.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

fn schemas() -> Value {
    let listed = |schema: &domain::webhooks::PublishedSchema| {
        let file = file_name(schema);
        json!({ "name": schema.name, "version": schema.version, "url": format!("/schemas/{file}") })
    };
    SCHEMAS.iter().map(listed).collect()
}

fn file_name(schema: &domain::webhooks::PublishedSchema) -> String {
    format!("{}.v{}.json", schema.name, schema.version)
}

async fn schema(Path(name): Path<String>) -> Response {
    match SCHEMAS.iter().find(|schema| file_name(schema) == name) {
        Some(found) => {
            ([(header::CONTENT_TYPE, HeaderValue::from_static("application/schema+json"))], found.text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_listed_under_the_name_it_is_served_by() {
        let listed = schemas();
        assert_eq!(listed.as_array().map(Vec::len), Some(SCHEMAS.len()));
        assert_eq!(listed[0]["url"], format!("/schemas/{}", file_name(&SCHEMAS[0])));
    }

    #[test]
    fn backticks_become_code() {
        assert_eq!(coded("Use `a` or `b`."), "Use <code>a</code> or <code>b</code>.");
    }
}

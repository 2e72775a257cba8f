//! HubSpot's ways of saying no.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::model::Kind;

/// An error answer.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    status: StatusCode,
    category: Option<&'static str>,
    message: String,
    rest: Map<String, Value>,
}

/// A result, or HubSpot's reason against it.
pub(super) type Answer<T> = Result<T, Refusal>;

/// One property value that is not acceptable.
pub(super) struct Invalid {
    pub(super) name: String,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    fn new(status: StatusCode, category: &'static str, message: impl Into<String>) -> Self {
        Self { status, category: Some(category), message: message.into(), rest: Map::new() }
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.rest.insert(name.to_owned(), value);
        self
    }

    /// 400 with a sentence.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }

    /// 400 about property values. HubSpot writes the details into the message, as JSON, and again beside it.
    pub(super) fn invalid_properties(invalid: &[Invalid]) -> Self {
        let inline: Vec<Value> = invalid
            .iter()
            .map(|one| json!({"isValid": false, "message": one.message, "error": one.code, "name": one.name}))
            .collect();
        let errors: Vec<Value> = invalid
            .iter()
            .map(|one| json!({"message": one.message, "code": one.code, "context": {"propertyName": [one.name]}}))
            .collect();
        Self::invalid(format!("Property values were not valid: {}", Value::Array(inline)))
            .with("errors", Value::Array(errors))
    }

    /// 400: a record lacks what it must have.
    pub(super) fn required(kind: Kind, property: &str) -> Self {
        Self::invalid(format!("Error creating {}. Some required properties were not set.", kind.name()))
            .with("context", json!({"properties": [property]}))
    }

    /// 409: the e-mail address is taken.
    pub(super) fn contact_exists(id: u64) -> Self {
        Self::new(StatusCode::CONFLICT, "CONFLICT", format!("Contact already exists. Existing ID: {id}"))
    }

    /// 409: a property or a group of this name is there.
    pub(super) fn already_exists(what: &str, name: &str) -> Self {
        let message = format!("A {what} named '{name}' already exists.");
        Self::new(StatusCode::CONFLICT, "OBJECT_ALREADY_EXISTS", message)
    }

    /// 404 about a record, a property or a group.
    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "OBJECT_NOT_FOUND", message)
    }

    /// 404 about a path.
    pub(super) fn no_such_path() -> Self {
        Self { category: None, ..Self::new(StatusCode::NOT_FOUND, "", "resource not found") }
    }

    /// 401.
    pub(super) fn unauthenticated() -> Self {
        let message = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can \
                       find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
        Self::new(StatusCode::UNAUTHORIZED, "INVALID_AUTHENTICATION", message)
    }

    /// 429 for the rolling ten seconds.
    pub(super) fn rate_limited() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITS", "You have reached your ten_secondly_rolling limit.")
            .with("errorType", json!("RATE_LIMIT"))
            .with("policyName", json!("TEN_SECONDLY_ROLLING"))
            .with("groupName", json!("publicapi:private-apps:oauth-bearer"))
    }

    /// 500: the fake cannot keep its state.
    pub(super) fn broken(error: &std::io::Error) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", error.to_string())
    }

    /// As an entry of a batch's `errors`.
    pub(super) fn in_batch(&self, trace: &str) -> Value {
        let mut body = self.body();
        body.insert("context".to_owned(), json!({"objectWriteTraceId": [trace]}));
        Value::Object(body)
    }

    fn body(&self) -> Map<String, Value> {
        let mut body = self.rest.clone();
        body.insert("status".to_owned(), json!("error"));
        body.insert("message".to_owned(), json!(self.message));
        if let Some(category) = self.category {
            body.insert("category".to_owned(), json!(category));
        }
        body
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        // Unique within the process is enough: it only has to look like HubSpot's and to be told apart.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut body = self.body();
        body.insert("correlationId".to_owned(), json!(format!("00000000-0000-4000-8000-{number:012x}")));
        (self.status, Json(body)).into_response()
    }
}

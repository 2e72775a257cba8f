//! How the endpoints answer: never stored by anybody on the way, and refused in the words of RFC 6749 §5.2.

use std::time::Duration;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, http::HeaderValue};
use commands::Failure;
use oauth2::basic::{BasicErrorResponse, BasicErrorResponseType};
use persistence::StoreError;

/// A refusal: its kind decides the status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refused {
    status: StatusCode,
    kind: BasicErrorResponseType,
    description: &'static str,
    /// In seconds.
    wait: Option<u64>,
}

impl Refused {
    /// A parameter is missing, unknown or there twice.
    pub(super) fn request(description: &'static str) -> Self {
        Self::bad(BasicErrorResponseType::InvalidRequest, description)
    }

    /// A code, a refresh token or a token to revoke is not the caller's to use.
    pub(super) fn grant(description: &'static str) -> Self {
        Self::bad(BasicErrorResponseType::InvalidGrant, description)
    }

    /// Nobody, or somebody else. Which of the two is not told.
    pub(super) fn client() -> Self {
        let kind = BasicErrorResponseType::InvalidClient;
        Self {
            status: StatusCode::UNAUTHORIZED,
            kind,
            description: "the client is unknown, or did not prove itself",
            wait: None,
        }
    }

    /// The store does not answer.
    pub(super) fn unavailable() -> Self {
        let kind = BasicErrorResponseType::Extension("temporarily_unavailable".to_owned());
        Self { status: StatusCode::SERVICE_UNAVAILABLE, kind, description: "try again in a moment", wait: Some(1) }
    }

    pub(super) fn bad(kind: BasicErrorResponseType, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind, description, wait: None }
    }

    /// RFC 6749 knows no word for it; the status (RFC 6585 §4) is what clients go by.
    pub(super) fn too_often(wait: Duration) -> Self {
        let kind = BasicErrorResponseType::Extension("temporarily_unavailable".to_owned());
        let wait = u64::try_from(wait.as_millis().div_ceil(1000)).ok();
        Self { status: StatusCode::TOO_MANY_REQUESTS, kind, description: "too many requests; wait and try again", wait }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        tracing::warn!(error = %error, "the store did not answer an OAuth endpoint");
        Self::unavailable()
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        tracing::warn!(error = %failure, "an OAuth endpoint could not do its work");
        Self::unavailable()
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = BasicErrorResponse::new(self.kind, Some(self.description.to_owned()), None);
        let mut response = (self.status, NO_STORE, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 6749 §5.2: a client that used the header is told the scheme; RFC 7617 §2: with its realm.
            let challenge = HeaderValue::from_static(r#"Basic realm="meridian""#);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(wait) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait.into());
        }
        response
    }
}

/// The form of a request, as far as it can be read. Whoever sends a field twice is refused here (RFC 6749 §3.2).
pub(super) fn read<T>(form: Result<Form<T>, FormRejection>) -> Result<T, Refused> {
    form.map(|Form(form)| form).map_err(|rejection| match rejection.status() {
        status @ StatusCode::PAYLOAD_TOO_LARGE => {
            Refused { status, ..Refused::request("the body is larger than 1 MiB") }
        }
        _ => Refused::request("send the required fields, each once, as application/x-www-form-urlencoded"),
    })
}

/// A field without a value is as good as none (RFC 6749 §3.2).
pub(super) fn given(field: Option<&String>) -> Option<&str> {
    field.map(String::as_str).filter(|value| !value.is_empty())
}

/// RFC 6749 §5.1.
pub(super) const NO_STORE: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];

//! Refusals of the transport itself, in the shape that every GraphQL client understands.

use async_graphql::{ErrorExtensionValues, Response, ServerError};
use axum::http::header::{ACCEPT_ENCODING, ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};

use domain::operation::CorrelationId;

use super::bearer;
use super::engine::AuthFault;

/// The codes that a transport can answer with (`extensions.code`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultCode {
    /// The request is not a GraphQL request: 400.
    BadRequest,
    /// No valid access token: 401.
    Unauthenticated,
    /// The HTTP method does not fit: 405.
    MethodNotAllowed,
    /// No media type that we speak is accepted: 406.
    NotAcceptable,
    /// The body is too long: 413.
    PayloadTooLarge,
    /// The body is not `application/json`: 415.
    UnsupportedMediaType,
    /// The socket already runs as many operations as it may.
    TooManyStreams,
    /// A fault of ours: 500.
    Internal,
    /// Not now: 503.
    Unavailable,
}

impl FaultCode {
    /// All of them, so that the error catalogue can be checked against the transport.
    pub const ALL: [Self; 9] = [
        Self::BadRequest,
        Self::Unauthenticated,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::TooManyStreams,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The text in `extensions.code`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            Self::NotAcceptable => "NOT_ACCEPTABLE",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::TooManyStreams => "TOO_MANY_STREAMS",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
        }
    }

    /// Whether the same request may succeed later. (An `INTERNAL` fault may, and mutations carry an idempotency key.)
    pub fn retryable(self) -> bool {
        matches!(self, Self::TooManyStreams | Self::Internal | Self::Unavailable)
    }

    fn status(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooManyStreams => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// One refusal: a code, a sentence for the developer who reads it, and at most one header that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    code: FaultCode,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Fault {
    pub(super) fn new(code: FaultCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), header: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(FaultCode::BadRequest, message)
    }

    pub(super) fn internal() -> Self {
        Self::new(FaultCode::Internal, "The server failed. Quote the correlation id when you report it.")
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        let header = Some((RETRY_AFTER, HeaderValue::from_static("1")));
        Self { header, ..Self::new(FaultCode::Unavailable, message) }
    }

    /// RFC 9110 §15.5.6: a 405 names what is allowed.
    pub(super) fn method_not_allowed(message: &str, allow: &'static str) -> Self {
        let header = Some((ALLOW, HeaderValue::from_static(allow)));
        Self { header, ..Self::new(FaultCode::MethodNotAllowed, message) }
    }

    /// RFC 9110 §12.5.3: a 415 for a content coding names those that are taken.
    pub(super) fn compressed() -> Self {
        let header = Some((ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        Self { header, ..Self::new(FaultCode::UnsupportedMediaType, "Send the body without Content-Encoding.") }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.code.status()
    }

    pub(super) fn header(&self) -> Option<&(HeaderName, HeaderValue)> {
        self.header.as_ref()
    }

    /// The refusal as an execution result without `data`.
    pub(super) fn response(&self, correlation: &CorrelationId) -> Response {
        Response::from_errors(vec![self.error(correlation)])
    }

    /// The refusal as a GraphQL error.
    pub(super) fn error(&self, correlation: &CorrelationId) -> ServerError {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.code.as_str());
        extensions.set("correlationId", correlation.as_str());
        extensions.set("retryable", self.code.retryable());
        ServerError { extensions: Some(extensions), ..ServerError::new(&self.message, None) }
    }
}

impl From<AuthFault> for Fault {
    fn from(fault: AuthFault) -> Self {
        let message = match fault {
            AuthFault::Missing => "An access token is required: Authorization: Bearer <token>.",
            AuthFault::Invalid => "The access token is not valid.",
            AuthFault::Expired => "The access token expired.",
            AuthFault::Unavailable => return Self::unavailable("The access token cannot be checked now."),
        };
        let header = bearer::challenge(fault).map(|challenge| (WWW_AUTHENTICATE, challenge));
        Self { header, ..Self::new(FaultCode::Unauthenticated, message) }
    }
}

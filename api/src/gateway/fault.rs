//! Refusals of the transport itself, in the shape that every GraphQL client understands.

use std::time::Duration;

use async_graphql::{Response, ServerError};
use axum::http::header::{ACCEPT_ENCODING, ALLOW, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};

use domain::errors::ErrorCode;
use domain::operation::CorrelationId;

use crate::schema::fault;

use super::bearer;
use super::engine::AuthFault;

/// One refusal: a code, a sentence for the developer who reads it, and at most one header that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    code: ErrorCode,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
    /// What the caller has to wait, where that is known.
    wait: Option<Duration>,
}

impl Fault {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), header: None, wait: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    pub(super) fn internal() -> Self {
        Self::new(ErrorCode::Internal, "The server failed. Quote the correlation id when you report it.")
    }

    pub(super) fn unavailable(message: impl Into<String>) -> Self {
        let header = Some((RETRY_AFTER, HeaderValue::from_static("1")));
        Self { header, ..Self::new(ErrorCode::Unavailable, message) }
    }

    fn too_often(wait: Duration) -> Self {
        let seconds = u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX);
        let header = Some((RETRY_AFTER, seconds.into()));
        let message = "Too many unknown tokens came from this address.";
        Self { header, wait: Some(wait), ..Self::new(ErrorCode::RateLimited, message) }
    }

    /// RFC 9110 §15.5.6: a 405 names what is allowed.
    pub(super) fn method_not_allowed(message: &str, allow: &'static str) -> Self {
        let header = Some((ALLOW, HeaderValue::from_static(allow)));
        Self { header, ..Self::new(ErrorCode::MethodNotAllowed, message) }
    }

    /// RFC 9110 §12.5.3: a 415 for a content coding names those that are taken.
    pub(super) fn compressed() -> Self {
        let header = Some((ACCEPT_ENCODING, HeaderValue::from_static("identity")));
        Self { header, ..Self::new(ErrorCode::UnsupportedMediaType, "Send the body without Content-Encoding.") }
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.entry().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
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
        let mut error = fault(self.code, &self.message, self.wait);
        error.extensions.get_or_insert_default().set("correlationId", correlation.as_str());
        error
    }
}

impl From<AuthFault> for Fault {
    fn from(refused: AuthFault) -> Self {
        let message = match refused {
            AuthFault::Missing => "An access token is required: Authorization: Bearer <token>.",
            AuthFault::Invalid => "The access token is not valid.",
            AuthFault::Expired => "The access token expired.",
            AuthFault::Unavailable => return Self::unavailable("The access token cannot be checked now."),
            AuthFault::TooOften(wait) => return Self::too_often(wait),
        };
        let header = bearer::challenge(refused).map(|challenge| (WWW_AUTHENTICATE, challenge));
        Self { header, ..Self::new(ErrorCode::Unauthenticated, message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_to_be_waited_is_told_in_both_places() {
        let fault = Fault::from(AuthFault::TooOften(Duration::from_millis(1500)));
        assert_eq!(fault.header(), Some(&(RETRY_AFTER, HeaderValue::from_static("2"))));
        let correlation = CorrelationId::parse("c-1").unwrap();
        let extensions = fault.error(&correlation).extensions.unwrap();
        assert_eq!(extensions.get("retryAfterMs"), Some(&1500.into()));
        assert_eq!(extensions.get("correlationId"), Some(&"c-1".into()));
    }
}

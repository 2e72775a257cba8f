//! What browsers are told about every answer, so that it is used for what it is and for nothing else.
//!
//! An answer that says something itself (a page its own policy, a published schema that everybody may embed) is not
//! contradicted. The rest is data: it runs nothing, shows nothing, and is in nobody's frame.

use axum::Router;
use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use tower_http::set_header::SetResponseHeaderLayer;

const DATA: [(HeaderName, &str); 8] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (HeaderName::from_static("x-permitted-cross-domain-policies"), "none"),
];
/// Two years, as the preload lists want it (RFC 6797); only for who is reached by TLS.
const ENCRYPTED: (HeaderName, &str) = (STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");

/// The routes, with these headers on whatever they answer.
pub(crate) fn protected(routes: Router, is_encrypted: bool) -> Router {
    let headers = DATA.into_iter().chain(is_encrypted.then_some(ENCRYPTED));
    headers.fold(routes, |routes, (name, value)| {
        routes.layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)))
    })
}

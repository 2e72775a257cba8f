//! What browsers are told about every answer, so that it is used for what it is and for nothing else.
//!
//! An answer that says something itself (a page its own policy, a published schema that everybody may embed) is not
//! contradicted. The rest is data: it runs nothing, shows nothing, and is in nobody's frame.

use axum::http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Response};
use tower::util::MapResponseLayer;

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

/// Puts these headers on whatever is answered. It is one layer for all of them: each layer of a router is copied for
/// every request.
pub(crate) fn layer<B>(is_encrypted: bool) -> MapResponseLayer<impl Fn(Response<B>) -> Response<B> + Clone> {
    MapResponseLayer::new(move |mut response: Response<B>| {
        for (name, value) in DATA.into_iter().chain(is_encrypted.then_some(ENCRYPTED)) {
            response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
        }
        response
    })
}

//! Which pages of other sites may read what this server answers (<https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! A browser asks before it says who calls, so what is asked for here is whether any client may be used from the page's
//! origin. Whether the caller's own may is decided where the caller is known: by the gateway, and by the token endpoint.
//! Cookies are never part of it.

use std::time::Duration;

use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use crate::clients::Clients;
use crate::gateway::CORRELATION_ID;

/// How long a browser remembers an answer. Chromium remembers none for longer.
const REMEMBERED_FOR: Duration = Duration::from_hours(2);
/// What pages may send beside the few headers that every page may.
const SENT: [HeaderName; 8] = [
    ACCEPT,
    AUTHORIZATION,
    CONTENT_TYPE,
    CORRELATION_ID,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("meridian-cost"),
    HeaderName::from_static("traceparent"),
];
/// What pages may read beside the few headers that every page may.
const READ: [HeaderName; 3] = [CORRELATION_ID, RETRY_AFTER, WWW_AUTHENTICATE];

/// For what callers do with a token or to get one.
pub(crate) fn of_clients(clients: Clients) -> CorsLayer {
    let is_known = move |origin: HeaderValue, _: &Parts| async move {
        match origin.to_str() {
            Ok(origin) => clients.knows(origin).await,
            Err(_) => false,
        }
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::async_predicate(is_known))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(SENT)
        .expose_headers(READ)
        .max_age(REMEMBERED_FOR)
}

/// For what is public: metadata, keys, schemas.
pub(crate) fn of_everybody() -> CorsLayer {
    CorsLayer::new().allow_origin(Any).allow_methods([Method::GET]).max_age(REMEMBERED_FOR)
}

/// The origin of the page that a browser sends this for, unless it is one of this server's own. Which scheme callers use
/// is known to the proxy before us, so the host decides.
pub(crate) fn foreign_origin<'a>(headers: &'a HeaderMap, uri: &Uri) -> Option<&'a str> {
    let origin = headers.get(ORIGIN)?;
    // What is no text is nobody's origin, and no client's either.
    let origin = origin.to_str().unwrap_or("null");
    let said = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = uri.authority().map(axum::http::uri::Authority::as_str).or(said);
    let of_origin = origin.split_once("://").map(|(_, authority)| authority);
    (of_origin.is_none() || of_origin != host).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_our_own_are_not_foreign() {
        let check = |origin: &'static str, uri: &'static str, expected: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("api.example:8443"));
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
            assert_eq!(foreign_origin(&headers, &Uri::from_static(uri)), expected, "{origin} {uri}");
        };
        check("https://api.example:8443", "/graphql", None);
        check("https://api.example", "/graphql", Some("https://api.example"));
        check("https://api.example", "https://api.example/graphql", None);
        check("https://app.example", "/graphql", Some("https://app.example"));
        check("null", "/graphql", Some("null"));
        assert_eq!(foreign_origin(&HeaderMap::new(), &Uri::from_static("/graphql")), None);
    }
}

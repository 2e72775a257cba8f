//! Media types: what the caller accepts and what the body claims to be (RFC 9110 §12.5.1, GraphQL over HTTP §5–6).

/// The two media types of an answer. They differ in the status of a request that never ran: 200 or 4xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: for clients and proxies that know nothing of GraphQL.
    Json,
    /// `application/graphql-response+json`: the HTTP status can be trusted.
    GraphqlResponse,
}

impl Media {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }
}

/// What a caller takes as an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    /// As one result.
    pub(super) result: Option<Media>,
    /// As a stream of events (`text/event-stream`). A wildcard never asks for one.
    pub(super) events: bool,
}

/// What an `Accept` value asks for, or `None` when that is nothing of ours (406).
pub(super) fn accepted(accept: Option<&str>) -> Option<Accepted> {
    let events = accept.is_some_and(|accept| weight(accept, "text/event-stream", None) > 0);
    let accepted = Accepted { result: negotiate(accept), events };
    (accepted.result.is_some() || events).then_some(accepted)
}

/// The best media type of a result for an `Accept` value, if there is one.
///
/// Without a header, and for wildcards, it is JSON (the draft's rule until its "watershed"); when both are accepted
/// alike, the exact one wins over a wildcard and `graphql-response+json` over JSON.
fn negotiate(accept: Option<&str>) -> Option<Media> {
    let accept = accept.map(str::trim).filter(|accept| !accept.is_empty());
    let Some(accept) = accept else { return Some(Media::Json) };
    let json = weight(accept, "application/json", Some("application/*"));
    // A wildcard never asks for the newer type: those who write `*/*` predate it.
    let graphql = weight(accept, "application/graphql-response+json", None);
    match (graphql, json) {
        (0, 0) => None,
        (graphql, json) if graphql >= json => Some(Media::GraphqlResponse),
        _ => Some(Media::Json),
    }
}

/// The quality of `media` in thousandths, from the most specific range that covers it; 0 is "not accepted".
fn weight(accept: &str, media: &str, family: Option<&str>) -> u16 {
    let mut best = (0, 0);
    for range in accept.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let specificity = if name.eq_ignore_ascii_case(media) {
            3
        } else if family.is_some_and(|family| name.eq_ignore_ascii_case(family)) {
            2
        } else if family.is_some() && name == "*/*" {
            1
        } else {
            continue;
        };
        best = best.max((specificity, quality(parts)));
    }
    best.1
}

/// `q=0.8` → 800. A value outside the grammar counts as 1, as most servers do.
fn quality<'a>(mut parameters: impl Iterator<Item = &'a str>) -> u16 {
    let value = parameters.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
    });
    let Some((whole, fraction)) = value.map(|value| value.split_once('.').unwrap_or((value, ""))) else { return 1000 };
    if whole != "0" || fraction.len() > 3 {
        return 1000;
    }
    format!("{fraction:0<3}").parse().unwrap_or(1000)
}

/// Whether a `Content-Type` is JSON in UTF-8, the only body we read. Nothing else can be sent cross-site without a
/// preflight, so this is also the guard against forged requests.
pub(super) fn is_json(content_type: Option<&str>) -> bool {
    let mut parts = content_type.unwrap_or_default().split(';').map(str::trim);
    let json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}

/// Whether a body with this `Content-Encoding` is as it was written. Nothing is unpacked: a kilobyte can hold a gigabyte.
pub(super) fn is_plain(content_encoding: Option<&str>) -> bool {
    content_encoding.is_none_or(|encoding| encoding.trim().eq_ignore_ascii_case("identity"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_chooses_the_media_type() {
        let check = |accept, expected| assert_eq!(negotiate(accept), expected, "{accept:?}");
        check(None, Some(Media::Json));
        check(Some(""), Some(Media::Json));
        check(Some("*/*"), Some(Media::Json));
        check(Some("application/*"), Some(Media::Json));
        check(Some("application/json"), Some(Media::Json));
        check(Some("Application/JSON; charset=utf-8"), Some(Media::Json));
        check(Some("application/graphql-response+json"), Some(Media::GraphqlResponse));
        check(Some("application/json, application/graphql-response+json"), Some(Media::GraphqlResponse));
        check(Some("application/graphql-response+json;q=0.5, application/json"), Some(Media::Json));
        check(Some("application/graphql-response+json, */*;q=0.1"), Some(Media::GraphqlResponse));
        check(Some("application/json;q=0, */*"), None);
        check(Some("application/json;q=0.001"), Some(Media::Json));
        check(Some("text/html"), None);
        check(Some("application/xml, text/*;q=0.9"), None);
    }

    #[test]
    fn a_stream_of_events_is_for_those_who_name_it() {
        let check = |accept, expected: Option<(Option<Media>, bool)>| {
            let found = accepted(Some(accept)).map(|found| (found.result, found.events));
            assert_eq!(found, expected, "{accept}");
        };
        check("text/event-stream", Some((None, true)));
        check("text/event-stream, multipart/mixed", Some((None, true)));
        check("application/json, text/event-stream", Some((Some(Media::Json), true)));
        check("application/json, text/event-stream;q=0", Some((Some(Media::Json), false)));
        check("*/*", Some((Some(Media::Json), false)));
        check("text/*", None);
    }

    #[test]
    fn only_json_in_utf_8_is_a_body() {
        let check = |content_type, expected| assert_eq!(is_json(content_type), expected, "{content_type:?}");
        check(Some("application/json"), true);
        check(Some("application/json; charset=\"UTF-8\""), true);
        check(Some("application/json;profile=x"), true);
        check(Some("application/json; charset=utf-16"), false);
        check(Some("application/jsonx"), false);
        check(Some("text/plain"), false);
        check(Some("multipart/form-data; boundary=x"), false);
        check(None, false);
    }
}

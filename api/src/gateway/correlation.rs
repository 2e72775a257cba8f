//! The correlation id that a request comes with: `X-Correlation-ID`, or the trace id of W3C trace context.

use axum::http::HeaderMap;
use domain::operation::CorrelationId;

use super::CORRELATION_ID;

/// The caller's correlation id, if it sent a usable one. Outgoing calls carry it on, as `X-Correlation-ID` and, when it
/// is a trace id, as `traceparent`.
pub(crate) fn given(headers: &HeaderMap) -> Option<CorrelationId> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    text(CORRELATION_ID.as_str()).and_then(CorrelationId::parse).or_else(|| text("traceparent").and_then(trace_id))
}

/// `00-<32 hex>-<16 hex>-<2 hex>` (<https://www.w3.org/TR/trace-context/#traceparent-header>); all zeros is invalid.
fn trace_id(traceparent: &str) -> Option<CorrelationId> {
    let mut parts = traceparent.split('-');
    let (version, trace, parent) = (parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    let fits = is_hex(version, 2) && version != "ff" && is_hex(trace, 32) && is_hex(parent, 16);
    let means_something = trace.bytes().any(|byte| byte != b'0');
    (fits && means_something).then(|| CorrelationId::parse(trace)).flatten()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn check(headers: &[(&'static str, &'static str)], expected: Option<&str>) {
        let headers = headers
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value)));
        let found = given(&headers.collect());
        assert_eq!(found.as_ref().map(CorrelationId::as_str), expected);
    }

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn our_own_header_goes_first_then_the_trace() {
        check(&[("x-correlation-id", "a-1"), ("traceparent", TRACE)], Some("a-1"));
        check(&[("traceparent", TRACE)], Some("4bf92f3577b34da6a3ce929d0e0e4736"));
        check(&[], None);
    }

    #[test]
    fn what_could_harm_a_log_is_not_taken() {
        check(&[("x-correlation-id", "a\tb")], None);
        check(&[("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01")], None);
        check(&[("traceparent", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01")], None);
    }
}

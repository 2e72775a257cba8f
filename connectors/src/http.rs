//! The one HTTP client: bounded in time and in bytes, traceable, and unable to leak an address into an error.
//!
//! It never retries and never follows a redirect: retries belong to the lanes of `worker`, and a redirected write
//! with our token in it could end anywhere.

use std::time::Duration;

use domain::integrations::crm::{Call, Fault};
use domain::operation::CorrelationId;
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, redirect};

/// An answer larger than this is not read further: no answer that we ask for comes near it.
const ANSWER_BYTES_MAX: usize = 2 * 1024 * 1024;

/// How long a provider may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// From the first byte sent to the last byte read.
    pub total: Duration,
}

impl Default for Timeouts {
    /// 3 s and 10 s: a lane waits for the answer, and a healthy provider needs a tenth of that.
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), total: Duration::from_secs(10) }
    }
}

/// The client. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
}

/// A provider's answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Its header fields.
    pub(crate) headers: HeaderMap,
    /// Its body, at most [`ANSWER_BYTES_MAX`] bytes.
    pub(crate) body: Vec<u8>,
}

impl Http {
    /// A client with these time-outs. Fails when the platform offers no TLS.
    pub fn new(timeouts: Timeouts) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.total)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .user_agent(concat!("meridian/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client })
    }

    /// The client to build a request with; it is sent by [`Http::send`] only.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Sends a request on behalf of `call` and reads the answer. Whatever breaks on the way may work later.
    pub(crate) async fn send(&self, call: &Call, request: RequestBuilder) -> Result<Answer, Fault> {
        let mut request = request.header("x-correlation-id", call.correlation.as_str());
        if let Some(traceparent) = traceparent(&call.correlation) {
            request = request.header("traceparent", traceparent);
        }
        let mut response = request.send().await.map_err(|error| broken(&error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(later(format!("The provider's answer is larger than {ANSWER_BYTES_MAX} bytes.")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status().as_u16(), headers: std::mem::take(response.headers_mut()), body })
    }
}

/// A fault that may pass, without a time to wait for.
pub(crate) fn later(reason: impl Into<String>) -> Fault {
    Fault::RetryAfter { after: None, reason: reason.into() }
}

/// Names the kind of failure only: the error's own text holds the URL, and a URL may hold an e-mail address.
fn broken(error: &reqwest::Error) -> Fault {
    later(if error.is_timeout() {
        "The provider did not answer in time."
    } else if error.is_connect() {
        "The provider cannot be reached."
    } else {
        "The connection broke before the provider's answer was complete."
    })
}

/// W3C Trace Context (<https://www.w3.org/TR/trace-context/#traceparent-header>) for a correlation id that has the
/// form of a trace id, as all that we make ourselves have. We record no spans, so the parent is the id's own tail and
/// the flags say "not sampled".
fn traceparent(correlation: &CorrelationId) -> Option<String> {
    let id = correlation.as_str();
    let is_trace = id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parent = id.get(16..).filter(|_| is_trace)?;
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    (!is_zero(id) && !is_zero(parent)).then(|| format!("00-{id}-{parent}-00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_trace_id_becomes_a_traceparent() {
        let check = |text: &str| traceparent(&CorrelationId::parse(text).unwrap());
        assert_eq!(
            check("0af7651916cd43dd8448eb211c80319c").as_deref(),
            Some("00-0af7651916cd43dd8448eb211c80319c-8448eb211c80319c-00")
        );
        assert_eq!(check("order-17"), None);
        assert_eq!(check(&"0".repeat(32)), None);
    }
}

//! Webhooks going out: a client of its own, because its targets are named by strangers.
//!
//! It differs from [`crate::http`] in what it trusts: every address is held against the policy at the moment a
//! connection is opened, proxies and redirects are off, answers are not unpacked and hardly read.

mod resolver;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::webhooks::endpoint::sender::{Exchange, Reply, Unanswered, WebhookSender};
use domain::webhooks::endpoint::{AddressPolicy, Outgoing};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, redirect};

use self::resolver::{ForbiddenAddress, GuardedResolver};
use crate::redact::redact;
use crate::waits::told_wait;

/// Until the connection stands, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Nothing in an answer's body is ours to read but the echo of a challenge and a line for the log.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Connections kept open to one endpoint, and for how long: enough for a burst, little for thousands of endpoints.
const IDLE_MAX: usize = 8;
const IDLE_FOR: Duration = Duration::from_secs(30);

/// The beginning of every client for addresses that somebody else wrote down.
pub(crate) fn guarded(policy: AddressPolicy) -> ClientBuilder {
    Client::builder()
        .dns_resolver(Arc::new(GuardedResolver(policy)))
        .redirect(redirect::Policy::none())
        // A proxy would look the name up for itself, where nobody checks what it leads to.
        .no_proxy()
        // Sixteen kilobytes can be packed gigabytes.
        .no_gzip()
        .referer(false)
        .user_agent(concat!("meridian/", env!("CARGO_PKG_VERSION")))
}

/// Sends messages over HTTP.
#[derive(Debug)]
pub struct HttpSender {
    client: Client,
    policy: AddressPolicy,
}

impl HttpSender {
    /// A sender that keeps to this policy. Fails when the platform offers no TLS.
    pub fn new(policy: AddressPolicy) -> Result<Self, reqwest::Error> {
        let client = guarded(policy)
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_max_idle_per_host(IDLE_MAX)
            .pool_idle_timeout(IDLE_FOR)
            .retry(reqwest::retry::never())
            .build()?;
        Ok(Self { client, policy })
    }

    fn request(&self, message: &Outgoing) -> Result<RequestBuilder, Unanswered> {
        // A host that is a number is no name, so the resolver is never asked for it.
        let url = self.policy.check_url(&message.url).map_err(|_| Unanswered::Forbidden)?;
        let request = self.client.post(url).timeout(message.timeout).body(message.body.clone());
        Ok(message.headers.iter().fold(request, |request, (name, value)| request.header(name, value)))
    }

    async fn exchange(&self, message: &Outgoing) -> Result<Reply, Unanswered> {
        let response = self.request(message)?.send().await.map_err(|error| unanswered(&error))?;
        Ok(read(response).await)
    }
}

#[async_trait]
impl WebhookSender for HttpSender {
    async fn send(&self, message: &Outgoing) -> Exchange {
        let started = Instant::now();
        let ended = self.exchange(message).await;
        Exchange { duration: started.elapsed(), ended }
    }
}

/// The status is the answer. A body that is too long, too slow or cut off is read as far as it came.
async fn read(mut response: Response) -> Reply {
    let status = response.status().as_u16();
    let retry_after = told_wait(status, response.headers());
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = ANSWER_BYTES_MAX - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == ANSWER_BYTES_MAX {
            break;
        }
    }
    // U+0000 is kept by PostgreSQL in no text: an answer must not keep its own attempt out of the log.
    let excerpt = redact(&String::from_utf8_lossy(&body).replace('\0', "\u{fffd}"), []);
    Reply { status, retry_after, body, excerpt }
}

fn unanswered(error: &reqwest::Error) -> Unanswered {
    if causes(error).any(<dyn Error>::is::<ForbiddenAddress>) {
        Unanswered::Forbidden
    } else if error.is_timeout() {
        Unanswered::TooLate
    } else if error.is_connect() {
        Unanswered::Unreachable
    } else {
        Unanswered::Broken
    }
}

type Cause<'a> = &'a (dyn Error + 'static);

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = Cause<'a>> {
    let next: fn(&Cause<'a>) -> Option<Cause<'a>> = |cause| (*cause).source();
    std::iter::successors(error.source(), next)
}

#[cfg(test)]
mod tests;

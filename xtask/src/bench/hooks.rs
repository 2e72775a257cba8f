//! Webhooks in, at a fixed rate: how long a sender waits until its delivery is in the store for good.
//!
//! The load is open: each delivery has its moment, and what it waits for a connection that is still busy counts. So a
//! server that stalls cannot stall the clock.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::http::{Connection, Url};
use super::load::percentile;

/// Deliveries per second, all senders together.
pub const RATE: u32 = 1000;
/// Connections that keep it up.
const SENDERS: u32 = 32;

/// What was measured.
#[derive(Debug, PartialEq)]
pub struct Acknowledged {
    /// Deliveries that were taken.
    pub accepted: usize,
    /// Deliveries that were not.
    pub not_accepted: usize,
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
}

/// A connection that takes forms, by Standard Webhooks.
pub struct Hook {
    url: Url,
    secret: Vec<u8>,
}

impl Hook {
    /// The one of a running sandbox, by its `sandbox.json`.
    pub fn of_sandbox(manifest: &Path) -> Result<Self> {
        let text = fs::read_to_string(manifest).with_context(|| format!("reading {}", manifest.display()))?;
        let manifest: Value = serde_json::from_str(&text).context("sandbox.json is not JSON")?;
        let text_at = |pointer| manifest.pointer(pointer).and_then(Value::as_str).context("sandbox.json has no hooks");
        let secret = text_at("/hooks/signing_secret")?;
        let secret = BASE64_STANDARD.decode(secret.trim_start_matches("whsec_")).context("the secret is no Base64")?;
        Ok(Self { url: Url::parse(text_at("/hooks/url")?)?, secret })
    }

    /// The same connection at another server of the instance.
    pub fn at(&self, host: &str) -> Result<Self> {
        let url = Url::parse(&format!("http://{host}{}", self.url.path()))?;
        Ok(Self { url, secret: self.secret.clone() })
    }

    /// A signed form of somebody new.
    fn request(&self, id: &str) -> Result<Vec<u8>> {
        let email = format!("{id}@forms.example");
        let body = json!({
            "event": "webform_submitted", "version": 1, "occurred_at": "2026-11-01T09:30:00Z", "form_id": "bench",
            "contact": {"email": email, "country": "GB"},
        });
        let body = body.to_string();
        #[expect(clippy::disallowed_methods, reason = "a sender signs by its own clock")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let signature = self.sign(&format!("{id}.{now}.{body}"))?;
        let (host, path, length) = (self.url.host(), self.url.path(), body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nwebhook-id: {id}\r\nwebhook-timestamp: {now}\r\n\
             webhook-signature: v1,{signature}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        Ok(request.into_bytes())
    }

    fn sign(&self, text: &str) -> Result<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret)?;
        mac.update(text.as_bytes());
        Ok(BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// Sends for so long. `name` tells these deliveries from those of another time.
pub fn measure(hook: &Hook, name: &str, duration: Duration) -> Result<Acknowledged> {
    let begins = Instant::now() + Duration::from_millis(100);
    let sent = thread::scope(|scope| {
        let senders: Vec<_> =
            (0..SENDERS).map(|sender| scope.spawn(move || send(hook, (name, sender), begins, duration))).collect();
        let join = |sender: thread::ScopedJoinHandle<'_, _>| sender.join().map_err(|_| anyhow!("a sender panicked"))?;
        senders.into_iter().map(join).collect::<Result<Vec<Vec<Option<Duration>>>>>()
    })?;
    Ok(summary(&sent.concat(), begins.elapsed()))
}

/// One sender's share: how long each of its deliveries took; nothing for one that was not taken.
fn send(
    hook: &Hook,
    (name, sender): (&str, u32),
    begins: Instant,
    duration: Duration,
) -> Result<Vec<Option<Duration>>> {
    let step = Duration::from_secs(1) * SENDERS / RATE;
    let mut connection = Connection::open(hook.url.address()?)?;
    let mut taken = Vec::new();
    let mut due = begins + step * sender / SENDERS;
    while due < begins + duration {
        let request = hook.request(&format!("{name}-{sender}-{}", taken.len()))?;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let answer = connection.exchange(&request);
        let is_taken = answer.as_ref().is_ok_and(|answer| answer.status == 202);
        taken.push(is_taken.then(|| due.elapsed()));
        if answer.map_or(true, |answer| answer.closes) {
            connection = Connection::open(hook.url.address()?)?;
        }
        due += step;
    }
    Ok(taken)
}

fn summary(sent: &[Option<Duration>], elapsed: Duration) -> Acknowledged {
    let mut latencies: Vec<Duration> = sent.iter().flatten().copied().collect();
    latencies.sort_unstable();
    let accepted = latencies.len();
    #[expect(clippy::cast_precision_loss, reason = "a count of requests is far below 2^52")]
    let per_second = accepted as f64 / elapsed.as_secs_f64();
    let (p50, p99) = (percentile(&latencies, 50), percentile(&latencies, 99));
    Acknowledged { accepted, not_accepted: sent.len() - accepted, per_second, p50, p99 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_signed_as_the_standard_says() {
        // The example of the Standard Webhooks specification's reference libraries.
        let secret = BASE64_STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let hook = Hook { url: Url::parse("http://localhost/").unwrap(), secret };
        let text = r#"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}"#;
        assert_eq!(hook.sign(text).unwrap(), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_was_not_taken_has_no_latency() {
        let sent = [Some(3), None, Some(1)].map(|wait| wait.map(Duration::from_millis));
        let told = summary(&sent, Duration::from_secs(2));
        let (p50, p99) = (Duration::from_millis(1), Duration::from_millis(3));
        assert_eq!(told, Acknowledged { accepted: 2, not_accepted: 1, per_second: 1.0, p50, p99 });
    }
}

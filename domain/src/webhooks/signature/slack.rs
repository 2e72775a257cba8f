//! Slack (<https://api.slack.com/authentication/verifying-requests-from-slack>): `v0=` and hex HMAC-SHA256 over
//! `v0:{timestamp}:{body}`; the address is confirmed by repeating a challenge, which is signed too.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{Greeting, Incoming, SignatureError, SigningSecret, Verified, id_in, v0};

/// Carries the signature.
pub const SIGNATURE: &str = "X-Slack-Signature";
/// Carries the time of signing in Unix seconds; signed.
pub const TIMESTAMP: &str = "X-Slack-Request-Timestamp";

/// Checks a delivery. Its id is `event_id`; what has none (a command, a click) is known by its signature alone.
pub fn verify(
    incoming: &Incoming<'_>,
    secrets: &[SigningSecret],
    now: DateTime<Utc>,
) -> Result<Verified, SignatureError> {
    let verified = v0::verify(incoming, (SIGNATURE, TIMESTAMP), secrets, now)?;
    Ok(Verified { delivery_id: id_in(incoming.body, "event_id"), ..verified })
}

/// What an authentic `url_verification` is answered with.
pub(super) fn greeting(body: &[u8]) -> Option<Greeting> {
    let body: Value = serde_json::from_slice(body).ok()?;
    (body["type"] == "url_verification").then(|| body["challenge"].as_str().map(str::to_owned))?.map(Greeting::Text)
}

//! Slack (<https://api.slack.com/authentication/verifying-requests-from-slack>): `v0=` and hex HMAC-SHA256 over
//! `v0:{timestamp}:{body}`; the address is confirmed by repeating a challenge, which is signed too.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    Greeting, Incoming, SignatureError, SigningSecret, Verified, hex, id_in, required, signer, unhex, within_window,
};

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
    let signature = required(incoming.header(SIGNATURE), SIGNATURE)?;
    let timestamp = required(incoming.header(TIMESTAMP), TIMESTAMP)?;
    let mac = signature.strip_prefix("v0=").and_then(unhex).ok_or(SignatureError::Malformed(SIGNATURE))?;
    let sent_at = within_window(timestamp, TIMESTAMP, now)?;
    let parts = [b"v0:", timestamp.as_bytes(), b":", incoming.body];
    let (secret, mac) = signer(&parts, std::slice::from_ref(&mac), secrets).ok_or(SignatureError::Mismatch)?;
    let delivery_id = id_in(incoming.body, "event_id");
    Ok(Verified { delivery_id, sent_at: Some(sent_at), secret, replay_key: Some(hex(mac)) })
}

/// What an authentic `url_verification` is answered with.
pub(super) fn greeting(body: &[u8]) -> Option<Greeting> {
    let body: Value = serde_json::from_slice(body).ok()?;
    (body["type"] == "url_verification").then(|| body["challenge"].as_str().map(str::to_owned))?.map(Greeting::Text)
}

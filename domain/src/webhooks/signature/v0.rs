//! The scheme that Slack made and Zoom took over: `v0=` and hex HMAC-SHA256 over `v0:{timestamp}:{body}`.

use chrono::{DateTime, Utc};

use super::{Incoming, SignatureError, SigningSecret, Verified, hex, required, signer, unhex, within_window};

/// Checks a delivery whose signature and time are in these headers. It is known by its signature alone.
pub(super) fn verify(
    incoming: &Incoming<'_>,
    (signature, timestamp): (&'static str, &'static str),
    secrets: &[SigningSecret],
    now: DateTime<Utc>,
) -> Result<Verified, SignatureError> {
    let given = required(incoming.header(signature), signature)?;
    let time = required(incoming.header(timestamp), timestamp)?;
    let mac = given.strip_prefix("v0=").and_then(unhex).ok_or(SignatureError::Malformed(signature))?;
    let sent_at = within_window(time, timestamp, now)?;
    let parts = [b"v0:", time.as_bytes(), b":", incoming.body];
    let (secret, mac) = signer(&parts, std::slice::from_ref(&mac), secrets).ok_or(SignatureError::Mismatch)?;
    Ok(Verified { delivery_id: None, sent_at: Some(sent_at), secret, replay_key: Some(hex(mac)) })
}

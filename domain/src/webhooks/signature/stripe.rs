//! Stripe (<https://docs.stripe.com/webhooks#verify-manually>): `t=…,v1=…`, hex HMAC-SHA256 over `{t}.{body}`. The key is
//! the text of the secret with its `whsec_`. While a secret is rolled there is one `v1` for each; `v0` is a test's.

use chrono::{DateTime, Utc};

use super::{
    Incoming, SIGNATURES_MAX, SignatureError, SigningSecret, Verified, hex, id_in, required, signer, unhex,
    within_window,
};

/// Carries time and signatures.
pub const SIGNATURE: &str = "Stripe-Signature";

/// Checks a delivery. Its id is the event's, which Stripe repeats when it sends the event again.
pub fn verify(
    incoming: &Incoming<'_>,
    secrets: &[SigningSecret],
    now: DateTime<Utc>,
) -> Result<Verified, SignatureError> {
    let header = required(incoming.header(SIGNATURE), SIGNATURE)?;
    let values = |name: &'static str| {
        header.split(',').filter_map(move |part| part.trim().strip_prefix(name)?.strip_prefix('='))
    };
    let timestamp = values("t").next().ok_or(SignatureError::Malformed(SIGNATURE))?;
    let macs: Vec<_> = values("v1").filter_map(unhex).take(SIGNATURES_MAX).collect();
    if macs.is_empty() {
        return Err(SignatureError::Malformed(SIGNATURE));
    }
    let sent_at = within_window(timestamp, SIGNATURE, now)?;
    let parts = [timestamp.as_bytes(), b".", incoming.body];
    let (secret, mac) = signer(&parts, &macs, secrets).ok_or(SignatureError::Mismatch)?;
    let delivery_id = id_in(incoming.body, "id");
    Ok(Verified { delivery_id, sent_at: Some(sent_at), secret, replay_key: Some(hex(mac)) })
}

//! Zoom (<https://developers.zoom.us/docs/api/webhooks/#verify-webhook-events>): `v0=` and hex HMAC-SHA256 over
//! `v0:{timestamp}:{body}`. Zoom asks every 72 hours whether the address still knows the secret.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Greeting, Incoming, SignatureError, SigningSecret, Verified, hex, v0};

/// Carries the signature.
pub const SIGNATURE: &str = "x-zm-signature";
/// Carries the time of signing in Unix seconds; signed.
pub const TIMESTAMP: &str = "x-zm-request-timestamp";

/// Checks a delivery. Zoom gives it no id: it is known by its signature, and signed anew it is another delivery.
pub fn verify(
    incoming: &Incoming<'_>,
    secrets: &[SigningSecret],
    now: DateTime<Utc>,
) -> Result<Verified, SignatureError> {
    v0::verify(incoming, (SIGNATURE, TIMESTAMP), secrets, now)
}

/// What an authentic `endpoint.url_validation` is answered with, by the secret that it was signed with.
pub(super) fn greeting(body: &[u8], secret: &SigningSecret) -> Option<Greeting> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let plain = body["payload"]["plainToken"].as_str().filter(|_| body["event"] == "endpoint.url_validation")?;
    let encrypted = hex(&secret.sign(&[plain.as_bytes()]));
    Some(Greeting::Json(json!({ "plainToken": plain, "encryptedToken": encrypted })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_confirmed_with_the_secret() {
        let secret = SigningSecret::plain("zoom-secret-token-22ch").unwrap();
        let asked = br#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}"#;
        // Zoom publishes a formula and no library; this is what `openssl dgst -sha256 -hmac` makes of it.
        let encrypted = "dc307dbfa550f2923d3461785957f6e1d8a927a489f672281015e8ac07653963";
        let expected = json!({ "plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": encrypted });
        assert_eq!(greeting(asked, &secret), Some(Greeting::Json(expected)));
        assert_eq!(greeting(br#"{"event":"meeting.ended","payload":{"plainToken":"x"}}"#, &secret), None);
    }
}

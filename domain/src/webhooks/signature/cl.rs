//! The `X-CL-Signature` scheme: hex HMAC-SHA256 over `{timestamp}.{body}`.
//!
//! `X-CL-Timestamp` (Unix seconds) is required although some senders of this scheme leave it out: over the body
//! alone a captured delivery would be valid for ever.

use chrono::{DateTime, Utc};

use super::{SignatureError, SigningSecret, Verified, delivery_id, hex, required, unhex, within_window};

/// Carries the signature, 64 hex digits with or without `sha256=` before them.
pub const SIGNATURE: &str = "X-CL-Signature";
/// Carries the id of the delivery. It is not signed; see [`Verified::replay_key`].
pub const DELIVERY_ID: &str = "X-CL-Delivery-ID";
/// Carries the time of signing in Unix seconds.
pub const TIMESTAMP: &str = "X-CL-Timestamp";

/// The three headers as they came.
#[derive(Debug, Clone, Copy, Default)]
pub struct Headers<'a> {
    /// [`SIGNATURE`].
    pub signature: Option<&'a str>,
    /// [`DELIVERY_ID`].
    pub delivery_id: Option<&'a str>,
    /// [`TIMESTAMP`].
    pub timestamp: Option<&'a str>,
}

/// Checks a delivery against the active secrets.
pub fn verify(
    headers: Headers<'_>,
    body: &[u8],
    secrets: &[SigningSecret],
    now: DateTime<Utc>,
) -> Result<Verified, SignatureError> {
    let signature = required(headers.signature, SIGNATURE)?;
    let delivery_id = delivery_id(headers.delivery_id, DELIVERY_ID)?;
    let timestamp = required(headers.timestamp, TIMESTAMP)?;
    let digits = signature.strip_prefix("sha256=").unwrap_or(signature);
    let mac = unhex(digits).filter(|mac| mac.len() == 32).ok_or(SignatureError::Malformed(SIGNATURE))?;
    let sent_at = within_window(timestamp, TIMESTAMP, now)?;
    let parts = [timestamp.as_bytes(), b".", body];
    let secret = secrets.iter().position(|secret| secret.signed(&parts, &mac)).ok_or(SignatureError::Mismatch)?;
    Ok(Verified { delivery_id: delivery_id.to_owned(), sent_at, secret, replay_key: hex(&mac) })
}

/// The value of [`SIGNATURE`] for a body sent at `at`; for the sandbox and for tests.
pub fn sign(secret: &SigningSecret, at: DateTime<Utc>, body: &[u8]) -> String {
    format!("sha256={}", hex(&secret.sign(&[at.timestamp().to_string().as_bytes(), b".", body])))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = br#"{"event":"webform_submitted"}"#;
    const SENT: i64 = 1_800_000_000;

    fn secret(byte: u8) -> SigningSecret {
        SigningSecret::from_bytes(&[byte; 32]).unwrap()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    /// Signs with secret 1 at `SENT`, lets `damage` change the headers, verifies `late` seconds later.
    fn check(late: i64, damage: impl Fn(&mut Headers<'_>), expected: Result<usize, SignatureError>) {
        let signature = sign(&secret(1), at(SENT), BODY);
        let timestamp = SENT.to_string();
        let mut headers =
            Headers { signature: Some(&signature), delivery_id: Some("d-1"), timestamp: Some(&timestamp) };
        damage(&mut headers);
        let verified = verify(headers, BODY, &[secret(0), secret(1)], at(SENT + late));
        assert_eq!(verified.map(|verified| verified.secret), expected);
    }

    #[test]
    fn an_authentic_delivery_is_taken() {
        check(0, |_| {}, Ok(1));
        check(300, |_| {}, Ok(1));
        check(-300, |_| {}, Ok(1));
        check(0, |headers| headers.signature = headers.signature.and_then(|text| text.strip_prefix("sha256=")), Ok(1));
    }

    #[test]
    fn the_window_has_two_sides() {
        check(301, |_| {}, Err(SignatureError::Stale));
        check(-301, |_| {}, Err(SignatureError::Future));
    }

    #[test]
    fn without_a_timestamp_it_is_refused() {
        check(0, |headers| headers.timestamp = None, Err(SignatureError::Missing(TIMESTAMP)));
        check(0, |headers| headers.timestamp = Some(" "), Err(SignatureError::Missing(TIMESTAMP)));
    }

    #[test]
    fn headers_that_are_missing_or_damaged_are_named() {
        check(0, |headers| headers.signature = None, Err(SignatureError::Missing(SIGNATURE)));
        check(0, |headers| headers.delivery_id = None, Err(SignatureError::Missing(DELIVERY_ID)));
        check(0, |headers| headers.delivery_id = Some("a b"), Err(SignatureError::Malformed(DELIVERY_ID)));
        check(0, |headers| headers.signature = Some("sha256=00"), Err(SignatureError::Malformed(SIGNATURE)));
        for text in ["-1", "+1800000000", "1.8e9", "18000000000000000000000"] {
            check(0, |headers| headers.timestamp = Some(text), Err(SignatureError::Malformed(TIMESTAMP)));
        }
    }

    #[test]
    fn the_timestamp_is_part_of_what_is_signed() {
        check(0, |headers| headers.timestamp = Some("1800000001"), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_retired_secret_opens_nothing() {
        let (signature, timestamp) = (sign(&secret(1), at(SENT), BODY), SENT.to_string());
        let headers = Headers { signature: Some(&signature), delivery_id: Some("d"), timestamp: Some(&timestamp) };
        assert_eq!(verify(headers, BODY, &[secret(2)], at(SENT)), Err(SignatureError::Mismatch));
        assert_eq!(verify(headers, BODY, &[], at(SENT)), Err(SignatureError::Mismatch));
    }

    proptest! {
        #[test]
        fn one_flipped_bit_is_refused(bit in 0..8_u8, place in 0..10_000_usize, in_body in any::<bool>()) {
            let mut body = BODY.to_vec();
            let mut mac = secret(1).sign(&[SENT.to_string().as_bytes(), b".", BODY]);
            let damaged = if in_body { &mut body[..] } else { &mut mac[..] };
            let place = place % damaged.len();
            damaged[place] ^= 1 << bit;
            let (signature, timestamp) = (hex(&mac), SENT.to_string());
            let headers =
                Headers { signature: Some(&signature), delivery_id: Some("d"), timestamp: Some(&timestamp) };
            prop_assert_eq!(verify(headers, &body, &[secret(1)], at(SENT)), Err(SignatureError::Mismatch));
        }
    }
}

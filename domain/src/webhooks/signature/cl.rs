//! The `X-CL-Signature` scheme: hex HMAC-SHA256 over `{timestamp}.{body}`.
//!
//! `X-CL-Timestamp` (Unix seconds) is required although some senders of this scheme leave it out: over the body
//! alone a captured delivery would be valid for ever.

use chrono::{DateTime, Utc};

use super::{
    Incoming, SignatureError, SigningSecret, Verified, delivery_id, hex, required, signer, unhex, within_window,
};

/// Carries the signature, 64 hex digits with or without `sha256=` before them.
pub const SIGNATURE: &str = "X-CL-Signature";
/// Carries the id of the delivery. It is not signed; see [`Verified::replay_key`].
pub const DELIVERY_ID: &str = "X-CL-Delivery-ID";
/// Carries the time of signing in Unix seconds.
pub const TIMESTAMP: &str = "X-CL-Timestamp";

/// Checks a delivery against the active secrets.
pub fn verify(
    incoming: &Incoming<'_>,
    secrets: &[SigningSecret],
    now: DateTime<Utc>,
) -> Result<Verified, SignatureError> {
    let signature = required(incoming.header(SIGNATURE), SIGNATURE)?;
    let delivery_id = delivery_id(incoming.header(DELIVERY_ID), DELIVERY_ID)?;
    let timestamp = required(incoming.header(TIMESTAMP), TIMESTAMP)?;
    let digits = signature.strip_prefix("sha256=").unwrap_or(signature);
    let mac = unhex(digits).filter(|mac| mac.len() == 32).ok_or(SignatureError::Malformed(SIGNATURE))?;
    let sent_at = within_window(timestamp, TIMESTAMP, now)?;
    let parts = [timestamp.as_bytes(), b".", incoming.body];
    let (secret, mac) = signer(&parts, std::slice::from_ref(&mac), secrets)
        .map(|(secret, mac)| (secret, hex(mac)))
        .ok_or(SignatureError::Mismatch)?;
    Ok(Verified { delivery_id: Some(delivery_id.to_owned()), sent_at: Some(sent_at), secret, replay_key: Some(mac) })
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

    /// The value of [`SIGNATURE`] for a body sent at `at`.
    fn sign(secret: &SigningSecret, at: DateTime<Utc>, body: &[u8]) -> String {
        format!("sha256={}", hex(&secret.sign(&[at.timestamp().to_string().as_bytes(), b".", body])))
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    type Headers<'a> = Vec<(&'static str, &'a str)>;

    /// The value that a test changes.
    fn value<'a, 'b>(headers: &'b mut Headers<'a>, name: &str) -> &'b mut &'a str {
        &mut headers.iter_mut().find(|(known, _)| *known == name).unwrap().1
    }

    fn without(headers: &mut Headers<'_>, name: &str) {
        headers.retain(|(known, _)| *known != name);
    }

    /// Signs with secret 1 at `SENT`, lets `damage` change the headers, verifies `late` seconds later.
    fn check(late: i64, damage: impl Fn(&mut Headers<'_>), expected: Result<usize, SignatureError>) {
        let signature = sign(&secret(1), at(SENT), BODY);
        let timestamp = SENT.to_string();
        let mut headers = vec![(SIGNATURE, signature.as_str()), (DELIVERY_ID, "d-1"), (TIMESTAMP, &timestamp)];
        damage(&mut headers);
        let verified = verify(&Incoming::of(&headers, BODY), &[secret(0), secret(1)], at(SENT + late));
        assert_eq!(verified.map(|verified| verified.secret), expected);
    }

    #[test]
    fn an_authentic_delivery_is_taken() {
        check(0, |_| {}, Ok(1));
        check(300, |_| {}, Ok(1));
        check(-300, |_| {}, Ok(1));
        check(0, |headers| *value(headers, SIGNATURE) = &value(headers, SIGNATURE)["sha256=".len()..], Ok(1));
    }

    #[test]
    fn the_window_has_two_sides() {
        check(301, |_| {}, Err(SignatureError::Stale));
        check(-301, |_| {}, Err(SignatureError::Future));
    }

    #[test]
    fn without_a_timestamp_it_is_refused() {
        check(0, |headers| without(headers, TIMESTAMP), Err(SignatureError::Missing(TIMESTAMP)));
        check(0, |headers| *value(headers, TIMESTAMP) = " ", Err(SignatureError::Missing(TIMESTAMP)));
    }

    #[test]
    fn headers_that_are_missing_or_damaged_are_named() {
        check(0, |headers| without(headers, SIGNATURE), Err(SignatureError::Missing(SIGNATURE)));
        check(0, |headers| without(headers, DELIVERY_ID), Err(SignatureError::Missing(DELIVERY_ID)));
        check(0, |headers| *value(headers, DELIVERY_ID) = "a b", Err(SignatureError::Malformed(DELIVERY_ID)));
        check(0, |headers| *value(headers, SIGNATURE) = "sha256=00", Err(SignatureError::Malformed(SIGNATURE)));
        for text in ["-1", "+1800000000", "1.8e9", "18000000000000000000000"] {
            check(0, |headers| *value(headers, TIMESTAMP) = text, Err(SignatureError::Malformed(TIMESTAMP)));
        }
    }

    #[test]
    fn the_timestamp_is_part_of_what_is_signed() {
        check(0, |headers| *value(headers, TIMESTAMP) = "1800000001", Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_retired_secret_opens_nothing() {
        let (signature, timestamp) = (sign(&secret(1), at(SENT), BODY), SENT.to_string());
        let headers = [(SIGNATURE, signature.as_str()), (DELIVERY_ID, "d"), (TIMESTAMP, &timestamp)];
        let incoming = Incoming::of(&headers, BODY);
        assert_eq!(verify(&incoming, &[secret(2)], at(SENT)), Err(SignatureError::Mismatch));
        assert_eq!(verify(&incoming, &[], at(SENT)), Err(SignatureError::Mismatch));
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
            let headers = [(SIGNATURE, signature.as_str()), (DELIVERY_ID, "d"), (TIMESTAMP, &timestamp)];
            let found = verify(&Incoming::of(&headers, &body), &[secret(1)], at(SENT));
            prop_assert_eq!(found, Err(SignatureError::Mismatch));
        }
    }
}

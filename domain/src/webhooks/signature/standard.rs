//! Standard Webhooks 1.0 (<https://www.standardwebhooks.com>): `v1,` and base64 HMAC-SHA256 over
//! `{id}.{timestamp}.{body}`. Asymmetric `v1a` signatures are passed over.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};

use super::{
    Incoming, SIGNATURES_MAX, SignatureError, SigningSecret, Verified, delivery_id, hex, required, signer,
    within_window,
};

/// Carries the id of the delivery; signed, without a dot.
pub const ID: &str = "webhook-id";
/// Carries the time of signing in Unix seconds; signed.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Carries one or more signatures, separated by spaces: a sender that rotates sends one per secret.
pub const SIGNATURE: &str = "webhook-signature";

/// Checks a delivery against the active secrets.
pub fn verify(
    incoming: &Incoming<'_>,
    secrets: &[SigningSecret],
    now: DateTime<Utc>,
) -> Result<Verified, SignatureError> {
    let id = delivery_id(incoming.header(ID), ID)?;
    if id.contains('.') {
        return Err(SignatureError::Malformed(ID));
    }
    let timestamp = required(incoming.header(TIMESTAMP), TIMESTAMP)?;
    let signature = required(incoming.header(SIGNATURE), SIGNATURE)?;
    let macs: Vec<_> = signature.split_whitespace().take(SIGNATURES_MAX).filter_map(version_1).collect();
    if macs.is_empty() {
        return Err(SignatureError::Malformed(SIGNATURE));
    }
    let sent_at = within_window(timestamp, TIMESTAMP, now)?;
    let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", incoming.body];
    let (secret, mac) = signer(&parts, &macs, secrets).ok_or(SignatureError::Mismatch)?;
    Ok(Verified { delivery_id: Some(id.to_owned()), sent_at: Some(sent_at), secret, replay_key: Some(hex(mac)) })
}

/// The value of [`SIGNATURE`] for a body sent at `at` under `id`.
pub fn sign(secret: &SigningSecret, id: &str, at: DateTime<Utc>, body: &[u8]) -> String {
    let mac = secret.sign(&[id.as_bytes(), b".", at.timestamp().to_string().as_bytes(), b".", body]);
    format!("v1,{}", BASE64_STANDARD.encode(mac))
}

fn version_1(signature: &str) -> Option<Vec<u8>> {
    let mac = BASE64_STANDARD.decode(signature.strip_prefix("v1,")?).ok()?;
    (mac.len() == 32).then_some(mac)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // The example of the specification.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const MESSAGE: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const SENT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const EXPECTED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn check(id: &str, timestamp: &str, signature: &str, expected: Result<&str, SignatureError>) {
        let headers = [(ID, id), (TIMESTAMP, timestamp), (SIGNATURE, signature)];
        let secrets = [SigningSecret::from_bytes(&[1; 24]).unwrap(), SigningSecret::parse(SECRET).unwrap()];
        let verified = verify(&Incoming::of(&headers, BODY), &secrets, at(SENT + 60));
        assert_eq!(verified.map(|verified| verified.delivery_id), expected.map(|id| Some(id.to_owned())));
    }

    #[test]
    fn the_specification_s_example_is_signed_and_taken() {
        assert_eq!(sign(&SigningSecret::parse(SECRET).unwrap(), MESSAGE, at(SENT), BODY), EXPECTED);
        check(MESSAGE, "1614265330", EXPECTED, Ok(MESSAGE));
    }

    #[test]
    fn one_right_signature_among_several_is_enough() {
        let other = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        check(MESSAGE, "1614265330", &format!("v1a,xyz {other} {EXPECTED}"), Ok(MESSAGE));
        check(MESSAGE, "1614265330", other, Err(SignatureError::Mismatch));
        check(MESSAGE, "1614265330", "v1a,xyz", Err(SignatureError::Malformed(SIGNATURE)));
    }

    #[test]
    fn the_id_and_the_time_are_signed() {
        check("msg_other", "1614265330", EXPECTED, Err(SignatureError::Mismatch));
        check("msg.dotted", "1614265330", EXPECTED, Err(SignatureError::Malformed(ID)));
        check(MESSAGE, "1614265331", EXPECTED, Err(SignatureError::Mismatch));
        check(MESSAGE, "1614265000", EXPECTED, Err(SignatureError::Stale));
        check(MESSAGE, "1614265700", EXPECTED, Err(SignatureError::Future));
        check(MESSAGE, "", EXPECTED, Err(SignatureError::Missing(TIMESTAMP)));
    }

    proptest! {
        #[test]
        fn one_flipped_bit_is_refused(bit in 0..8_u8, place in 0..10_000_usize, in_body in any::<bool>()) {
            let secret = SigningSecret::parse(SECRET).unwrap();
            let mut body = BODY.to_vec();
            let mut mac = version_1(EXPECTED).unwrap();
            let damaged = if in_body { &mut body } else { &mut mac };
            let place = place % damaged.len();
            damaged[place] ^= 1 << bit;
            let signature = format!("v1,{}", BASE64_STANDARD.encode(mac));
            let headers = [(ID, MESSAGE), (TIMESTAMP, "1614265330"), (SIGNATURE, signature.as_str())];
            let found = verify(&Incoming::of(&headers, &body), &[secret], at(SENT));
            prop_assert_eq!(found, Err(SignatureError::Mismatch));
        }
    }
}

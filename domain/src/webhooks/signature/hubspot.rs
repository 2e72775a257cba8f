//! HubSpot's version 3 (<https://developers.hubspot.com/docs/api/webhooks/validating-requests>): base64 HMAC-SHA256 over
//! method, address, body and time in milliseconds. Versions 1 and 2 sign no time and are not taken.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Incoming, SignatureError, SigningSecret, Verified, hex, required, signer, within_window_millis};

/// Carries the signature.
pub const SIGNATURE: &str = "X-HubSpot-Signature-v3";
/// Carries the time of signing in Unix milliseconds; signed.
pub const TIMESTAMP: &str = "X-HubSpot-Request-Timestamp";

/// What HubSpot decodes in an address before it signs it; the rest stays as it is.
const DECODED: [(&str, &str); 12] = [
    ("3A", ":"),
    ("2F", "/"),
    ("3F", "?"),
    ("40", "@"),
    ("21", "!"),
    ("24", "$"),
    ("27", "'"),
    ("28", "("),
    ("29", ")"),
    ("2A", "*"),
    ("2C", ","),
    ("3B", ";"),
];

/// Checks a delivery.
///
/// HubSpot sends up to 100 events at once and gives the whole no id. Its id is a digest of the events' ids, so that the
/// same events sent again (under another attempt number and another signature) are the same delivery. In another
/// composition they are not: whoever reads them looks at the events.
pub fn verify(
    incoming: &Incoming<'_>,
    secrets: &[SigningSecret],
    now: DateTime<Utc>,
) -> Result<Verified, SignatureError> {
    let signature = required(incoming.header(SIGNATURE), SIGNATURE)?;
    let timestamp = required(incoming.header(TIMESTAMP), TIMESTAMP)?;
    let mac = BASE64_STANDARD.decode(signature).map_err(|_| SignatureError::Malformed(SIGNATURE))?;
    let sent_at = within_window_millis(timestamp, TIMESTAMP, now)?;
    let uri = decoded(incoming.uri);
    let parts = [b"POST", uri.as_bytes(), incoming.body, timestamp.as_bytes()];
    let (secret, mac) = signer(&parts, std::slice::from_ref(&mac), secrets).ok_or(SignatureError::Mismatch)?;
    let delivery_id = events(incoming.body);
    Ok(Verified { delivery_id, sent_at: Some(sent_at), secret, replay_key: Some(hex(mac)) })
}

/// One pass, so that `%253A` does not become a colon.
fn decoded(uri: &str) -> String {
    let mut parts = uri.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let known = part.get(..2).and_then(|code| DECODED.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)));
        match (known, part.get(2..)) {
            (Some((_, plain)), Some(rest)) => text.extend([*plain, rest]),
            _ => text.extend(["%", part]),
        }
    }
    text
}

/// HubSpot says that an event's id alone is not unique.
fn events(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let id = |event: &Value| {
        let part = |name: &str| event[name].as_i64();
        Some((part("portalId")?, part("subscriptionId")?, part("eventId")?, part("occurredAt")?))
    };
    let mut ids = body.as_array()?.iter().map(id).collect::<Option<Vec<_>>>().filter(|ids| !ids.is_empty())?;
    ids.sort_unstable();
    Some(hex(&Sha256::digest(format!("{ids:?}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_decoded_where_hubspot_decodes_it() {
        let check = |uri, expected: &str| assert_eq!(decoded(uri), expected);
        check("https://x.example/hooks/1?a=%3A%2f%20", "https://x.example/hooks/1?a=:/%20");
        check("https://x.example/?a=%253A%", "https://x.example/?a=%253A%");
        check("https://x.example/?a=%2é", "https://x.example/?a=%2é");
    }

    #[test]
    fn the_same_events_are_the_same_delivery() {
        let event = |id: u32, attempt: u32| {
            format!(r#"{{"portalId":1,"subscriptionId":2,"eventId":{id},"occurredAt":3,"attemptNumber":{attempt}}}"#)
        };
        let one = |texts: [String; 2]| events(format!("[{}]", texts.join(",")).as_bytes());
        assert!(one([event(7, 0), event(8, 0)]).is_some());
        assert_eq!(one([event(7, 0), event(8, 0)]), one([event(8, 1), event(7, 1)]));
        assert_ne!(one([event(7, 0), event(8, 0)]), one([event(7, 0), event(9, 0)]));
        assert_eq!((events(b"[]"), events(b"{}"), events(b"[{}]")), (None, None, None));
    }
}

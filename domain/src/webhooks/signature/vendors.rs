//! The vendors' own libraries as judges: `vendors.json` holds what they signed or found authentic, with their versions.
//! `sandbox/tests/clients/webhook_vectors.py` wrote it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct File {
    sent_at: i64,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    library: String,
    scheme: String,
    secret: String,
    uri: String,
    headers: BTreeMap<String, String>,
    body: String,
}

fn scheme(name: &str) -> Scheme {
    match name {
        "form" => Scheme::Form,
        "stripe" => Scheme::Stripe,
        "slack" => Scheme::Slack,
        "zoom" => Scheme::Zoom,
        "hubspot" => Scheme::HubSpot,
        "salesforce" => Scheme::Salesforce,
        "google" => Scheme::Google,
        "graph" => Scheme::Graph,
        _ => panic!("{name}"),
    }
}

fn vectors() -> (DateTime<Utc>, Vec<Vector>) {
    let file: File = serde_json::from_str(include_str!("vendors.json")).unwrap();
    (DateTime::from_timestamp(file.sent_at, 0).unwrap(), file.vectors)
}

/// Verifies a vector with this body, `late` seconds after it was signed, by another secret and its own.
fn verified(vector: &Vector, body: &[u8], sent_at: DateTime<Utc>, late: i64) -> Result<Verified, SignatureError> {
    let scheme = scheme(&vector.scheme);
    let headers: Vec<_> = vector.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let incoming = Incoming { uri: &vector.uri, headers: &headers, body };
    let other = SigningSecret::from_bytes(&[9; 32]).unwrap();
    let secrets = [other, scheme.secret(&vector.secret).unwrap()];
    scheme.verify(&incoming, &secrets, sent_at + chrono::TimeDelta::seconds(late))
}

#[test]
fn what_a_vendor_s_library_signed_is_taken_within_the_window() {
    let (sent_at, vectors) = vectors();
    let mut ids = Vec::new();
    for vector in &vectors {
        for (late, expected) in
            [(300, Ok(1)), (-300, Ok(1)), (301, Err(SignatureError::Stale)), (-301, Err(SignatureError::Future))]
        {
            let found = verified(vector, vector.body.as_bytes(), sent_at, late);
            assert_eq!(found.map(|verified| verified.secret), expected, "{} {late}", vector.library);
        }
        let found = verified(vector, vector.body.as_bytes(), sent_at, 0).unwrap();
        assert!(found.replay_key.is_some() && found.sent_at == Some(sent_at));
        ids.push((vector.scheme.as_str(), found.delivery_id));
    }
    let hubspot = ids.pop().unwrap();
    assert!(hubspot.0 == "hubspot" && hubspot.1.is_some_and(|digest| digest.len() == 64));
    let text = |id: &str| Some(id.to_owned());
    assert_eq!(ids, [("form", text("msg_1")), ("stripe", text("evt_1")), ("slack", text("Ev1")), ("slack", None)]);
}

#[test]
fn one_flipped_bit_of_the_body_is_refused_by_every_scheme() {
    let (sent_at, vectors) = vectors();
    for vector in &vectors {
        for place in 0..vector.body.len() * 8 {
            let mut body = vector.body.clone().into_bytes();
            body[place / 8] ^= 1 << (place % 8);
            let found = verified(vector, &body, sent_at, 0);
            assert_eq!(found, Err(SignatureError::Mismatch), "{} {place}", vector.library);
        }
    }
}

#[test]
fn every_header_is_needed() {
    let (sent_at, vectors) = vectors();
    for mut vector in vectors {
        // A form that lacks the id or the signature of one scheme is asked for those of the other.
        for name in vector.headers.keys().cloned().collect::<Vec<_>>() {
            let value = vector.headers.remove(&name).unwrap();
            let found = verified(&vector, vector.body.as_bytes(), sent_at, 0);
            assert!(matches!(found, Err(SignatureError::Missing(_))), "{name}: {found:?}");
            vector.headers.insert(name, value);
        }
    }
}

/// Schemes without a signature, and Zoom, whose formula is published without a library.
fn check(scheme: Scheme, headers: &[(&str, &str)], body: &str, expected: Result<Option<&str>, SignatureError>) {
    let secrets = ["0123456789abcdef-old", "0123456789abcdef-new"].map(|text| scheme.secret(text).unwrap());
    let now = DateTime::from_timestamp(1_800_000_060, 0).unwrap();
    let found = scheme.verify(&Incoming::of(headers, body.as_bytes()), &secrets, now);
    assert_eq!(found.map(|found| found.delivery_id), expected.map(|id| id.map(str::to_owned)), "{headers:?} {body}");
}

#[test]
fn zoom_s_formula_is_kept() {
    let signature = "v0=79d32516fadb2ec2ad0555dbee8db58f3c0c529d413e4b92f428c39311f5c3f3";
    let headers = [("X-Zm-Signature", signature), ("X-Zm-Request-Timestamp", "1800000000")];
    check(Scheme::Zoom, &headers, r#"{"event":"meeting.started"}"#, Ok(None));
    check(Scheme::Zoom, &headers, r#"{"event":"meeting.ended"}"#, Err(SignatureError::Mismatch));
    check(Scheme::Zoom, &headers[..1], "{}", Err(SignatureError::Missing(zoom::TIMESTAMP)));
}

#[test]
fn a_channel_s_token_is_compared_whole() {
    let with = |token| [(google::TOKEN, token), (google::CHANNEL, "ch-1"), (google::MESSAGE, "7")];
    check(Scheme::Google, &with("0123456789abcdef-new"), "", Ok(Some("ch-1:7")));
    check(Scheme::Google, &with("0123456789abcdef-ne"), "", Err(SignatureError::Mismatch));
    check(Scheme::Google, &with(""), "", Err(SignatureError::Missing(google::TOKEN)));
    check(Scheme::Google, &with("0123456789abcdef-new")[..2], "", Err(SignatureError::Missing(google::MESSAGE)));
}

#[test]
fn one_foreign_notification_spoils_the_body() {
    let own = r#"{"clientState":"0123456789abcdef-old","resource":"x"}"#;
    let body = |second: &str| format!(r#"{{"value":[{own},{second}]}}"#);
    check(Scheme::Graph, &[], &body(own), Ok(None));
    check(Scheme::Graph, &[], &body(r#"{"clientState":"foreign"}"#), Err(SignatureError::Mismatch));
    check(Scheme::Graph, &[], &body("{}"), Err(SignatureError::Missing("clientState")));
    check(Scheme::Graph, &[], r#"{"value":[]}"#, Err(SignatureError::Malformed("clientState")));
    check(Scheme::Graph, &[], "", Err(SignatureError::Malformed("clientState")));
}

#[test]
fn a_named_credential_is_bearer_or_basic() {
    let with = |value| [(salesforce::AUTHORIZATION, value), (standard::ID, "m-1")];
    check(Scheme::Salesforce, &with("Bearer 0123456789abcdef-new"), "{}", Ok(Some("m-1")));
    check(Scheme::Salesforce, &with("basic c2Y6MDEyMzQ1Njc4OWFiY2RlZi1vbGQ="), "{}", Ok(Some("m-1")));
    check(Scheme::Salesforce, &with("Bearer other"), "{}", Err(SignatureError::Mismatch));
    check(Scheme::Salesforce, &with("Digest x"), "{}", Err(SignatureError::Malformed(salesforce::AUTHORIZATION)));
    let anonymous = &with("Bearer 0123456789abcdef-new")[..1];
    check(Scheme::Salesforce, anonymous, "{}", Err(SignatureError::Missing(standard::ID)));
}

#[test]
fn slack_s_challenge_is_repeated() {
    let secret = SigningSecret::plain("0123456789abcdef").unwrap();
    let asked = br#"{"type":"url_verification","challenge":"3eZbrw1a"}"#;
    assert_eq!(Scheme::Slack.greeting(asked, &secret), Some(Greeting::Text("3eZbrw1a".to_owned())));
    assert_eq!(Scheme::Slack.greeting(br#"{"type":"event_callback","challenge":"x"}"#, &secret), None);
    assert_eq!(Scheme::Stripe.greeting(asked, &secret), None);
}

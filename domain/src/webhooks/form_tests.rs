//! Payloads that are taken, and payloads that are refused with everything that is wrong with them.

use serde_json::json;

use super::*;
use crate::limits::SLUG_LENGTH_MAX;
use crate::meetings::is_slug;

fn full() -> Value {
    json!({
        "event": "webform_submitted",
        "version": 1,
        "occurred_at": "2026-11-01T09:30:00+01:00",
        "form_id": "demo-request",
        "contact": {
            "email": " Ada@Example.COM ", "phone": "020 7183 8750", "given_name": "Ada", "family_name": "Lovelace",
            "company": "Engines Ltd", "job_title": "Analyst", "country": "gb", "language": "en-GB",
            "time_zone": "Europe/London"
        },
        "answers": { "size": "1000+", "seats": 12.5, "urgent": true, "topics": ["looms", "engines"] },
        "product_line": "engines",
        "meeting_type": "intro-call",
        "attribution": { "utm_source": "google", "referrer": "https://www.google.com/" },
        "consents": [{
            "channel": "email", "permission": "granted", "lawful_basis": "consent",
            "timestamp": "2026-11-01T08:30:00Z", "wording": "Write to me."
        }],
        "page_url": "https://example.com/demo?x=1",
        "preferred_start": { "local": "2026-11-01T01:30", "time_zone": "America/New_York" }
    })
}

fn minimal() -> Value {
    json!({
        "event": "webform_submitted", "version": 1, "occurred_at": "2026-11-01T09:30:00Z", "form_id": "f",
        "contact": { "email": "ada@example.com" }
    })
}

/// Puts `value` at `pointer` (the parent exists) and expects exactly these violations, as `path keyword`.
fn check(pointer: &str, value: Value, expected: &[&str]) {
    let mut payload = full();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    payload.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value);
    let found: Vec<_> = match parse_value(payload) {
        Ok(_) => Vec::new(),
        Err(violations) => violations.iter().map(|found| format!("{} {}", found.path, found.keyword)).collect(),
    };
    assert_eq!(found, expected, "{pointer}");
}

#[test]
fn a_full_payload_is_read_and_normalised() {
    let form = parse_value(full()).unwrap();
    assert_eq!(form.contact.email.as_str(), "ada@example.com");
    assert_eq!(form.contact.country.map(CountryCode::as_str), Some("GB"));
    assert_eq!(form.occurred_at.to_rfc3339(), "2026-11-01T08:30:00+00:00");
    assert_eq!(form.answers["topics"], Answer::Choices(vec!["looms".to_owned(), "engines".to_owned()]));
    assert_eq!(form.answers["urgent"], Answer::Flag(true));
    assert_eq!(form.preferred_start.unwrap().local, "2026-11-01T01:30");
}

#[test]
fn what_was_read_can_be_written_and_read_again() {
    for payload in [full(), minimal()] {
        let form = parse_value(payload).unwrap();
        assert_eq!(parse(&serde_json::to_vec(&form).unwrap()), Ok(form));
    }
}

#[test]
fn the_minimum_is_an_address_and_a_form() {
    assert!(parse_value(minimal()).is_ok());
    let found = parse(b"{}").unwrap_err();
    let messages: Vec<_> = found.iter().map(|violation| violation.message.as_str()).collect();
    let expected = ["event", "version", "occurred_at", "form_id", "contact"]
        .map(|name| format!("\"{name}\" is a required property"));
    assert_eq!(messages, expected);
}

#[test]
fn every_level_is_strict() {
    check("/surprise", json!(1), &["/surprise additionalProperties"]);
    check("/contact/shoe_size", json!(1), &["/contact/shoe_size additionalProperties"]);
    check("/attribution/utm_id", json!("x"), &["/attribution/utm_id additionalProperties"]);
    check("/preferred_start/fold", json!(1), &["/preferred_start/fold additionalProperties"]);
    check("/product_line", json!(null), &["/product_line type"]);
    check("/version", json!(2), &["/version const"]);
}

#[test]
fn formats_are_asserted() {
    check("/contact/email", json!("ada at example"), &["/contact/email format"]);
    check("/contact/country", json!("UK"), &["/contact/country format"]);
    check("/contact/language", json!("english please"), &["/contact/language pattern"]);
    check("/occurred_at", json!("2026-11-01T09:30:00"), &["/occurred_at format"]);
    check("/occurred_at", json!("2026-11-01"), &["/occurred_at format"]);
    check("/page_url", json!("demo"), &["/page_url format"]);
    check("/meeting_type", json!("Intro Call"), &["/meeting_type pattern"]);
    check("/preferred_start/local", json!("2026-02-30T10:00"), &["/preferred_start/local format"]);
    check("/preferred_start/local", json!("2026-11-01T01:30Z"), &["/preferred_start/local format"]);
}

#[test]
fn everything_is_bounded() {
    let answers = |count: usize| (0..count).map(|n| (format!("q{n}"), json!(n))).collect::<serde_json::Map<_, _>>();
    check("/answers", json!(answers(200)), &[]);
    check("/answers", json!(answers(201)), &["/answers maxProperties"]);
    check("/answers/size", json!("x".repeat(4001)), &["/answers/size maxLength"]);
    check("/answers/size", json!(vec!["x"; 51]), &["/answers/size maxItems"]);
    check("/answers/size", json!([1]), &["/answers/size/0 type"]);
    check("/answers/size", json!({ "deep": 1 }), &["/answers/size type"]);
    check("/contact/company", json!("x".repeat(201)), &["/contact/company maxLength"]);
    let many = json!(vec![full()["consents"][0].clone(); 21]);
    check("/consents", many, &["/consents maxItems"]);
}

#[test]
fn all_violations_come_together() {
    let mut payload = full();
    payload["contact"]["email"] = json!("nobody");
    payload["contact"]["country"] = json!("XX");
    payload["consents"][0]["channel"] = json!("pigeon");
    let mut paths: Vec<_> = parse_value(payload).unwrap_err().into_iter().map(|found| found.path).collect();
    paths.sort();
    assert_eq!(paths, ["/consents/0/channel", "/contact/country", "/contact/email"]);
}

#[test]
fn a_report_never_repeats_what_was_sent() {
    let secret = "ada.secret@example";
    let mut payload = full();
    for pointer in ["/occurred_at", "/form_id", "/page_url", "/meeting_type", "/consents/0/channel"] {
        *payload.pointer_mut(pointer).unwrap() = json!(secret);
    }
    payload["contact"]["email"] = json!(secret.repeat(40));
    payload["contact"][secret] = json!(secret);
    payload["answers"] = json!({ secret: { secret: secret } });
    payload["version"] = json!(secret);
    let violations = parse_value(payload).unwrap_err();
    assert!(violations.len() >= 9, "{violations:?}");
    assert!(!format!("{violations:?}").contains("secret"), "{violations:?}");
}

#[test]
fn what_is_not_json_is_said_to_be_so() {
    let expected = Violation::whole("json", "not JSON: stopped at line 2, column 3".to_owned());
    assert_eq!(parse(b"{\n  oops"), Err(vec![expected]));
}

#[test]
fn every_slug_that_a_meeting_type_can_have_can_be_named() {
    let longest = "a".repeat(SLUG_LENGTH_MAX);
    for slug in ["intro-call", "a--b", "-a", "a-", "-", "30", &longest] {
        assert!(is_slug(slug), "{slug}");
        check("/meeting_type", json!(slug), &[]);
    }
    for text in ["", "Intro", "intro call", "intro_call", "é", "intro\n"] {
        assert!(!is_slug(text), "{text:?}");
        check("/meeting_type", json!(text), &["/meeting_type pattern"]);
    }
    assert!(!is_slug(&format!("{longest}a")));
}

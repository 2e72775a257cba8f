//! Every type of event has a schema, fits it, and says what each of its fields means.

use serde_json::{Value, json};

use super::*;
use crate::access::Actor;
use crate::events::{Fact, PAYLOAD_VERSION};
use crate::ids::{EntityId, HostId};
use crate::operation::CorrelationId;

fn id(prefix: &str) -> String {
    format!("{prefix}_01jdfkmz007qqr28t5cy4tnkff")
}

/// A fact of the type, with every field of any fact; what its type does not know is passed over.
fn fact(kind: EventType) -> Fact {
    let meeting = json!({
        "id": id("mtg"), "contact": id("con"), "meeting_type": id("mtt"), "host": id("hst"), "title": "Intro",
        "starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-03-02T09:30:00Z", "contact_zone": "Asia/Tokyo",
        "host_zone": "Europe/Berlin", "status": "confirmed", "location": null, "calendar_uid": "u", "sequence": 0,
        "attribution": {}, "note": null, "cancel_reason": null,
        "booked_at": "2026-03-01T09:00:00Z", "updated_at": "2026-03-01T09:00:00.123456Z", "version": 1,
    });
    let any = json!({
        "type": kind, "submission": id("sub"), "contact": id("con"), "version": 1, "record": id("cns"), "score": 80,
        "threshold": 50, "model_version": 1, "decision": id("rtd"), "owner": id("hst"), "task": id("tsk"),
        "due_at": "2026-03-02T09:00:00Z", "meeting": meeting, "previous_starts_at": "2026-03-01T09:00:00Z",
        "outcome": "no_show", "connection": id("cxn"), "entity": id("tsk"), "external_id": "77",
        "lag_milliseconds": 12, "endpoint": id("wep"), "change": "verified", "delivery": id("dlv"),
        "fields": ["/contact/email"], "reason": "Mistyped.",
    });
    serde_json::from_value(any).unwrap()
}

fn event(fact: Fact) -> Event {
    Event {
        id: id("evt").parse().unwrap(),
        workspace: id("wsp").parse().unwrap(),
        position: 7,
        fact,
        occurred_at: "2026-03-02T09:00:00.5Z".parse().unwrap(),
        actor: Actor::System,
        correlation: CorrelationId::parse("a-1").unwrap(),
    }
}

#[test]
fn every_type_has_a_schema_that_its_events_fit() {
    let of: Vec<EventType> = schemas().iter().map(|schema| schema.kind).collect();
    assert_eq!(of, EventType::ALL);
    for kind in EventType::ALL {
        let mut event = event(fact(*kind));
        assert_eq!(violations(&event), [], "{}", kind.as_str());
        let host = HostId::from_uuid(uuid::Uuid::from_u128(1));
        event.actor = Actor::Client { client: id("cli").parse().unwrap(), host: Some(host) };
        assert_eq!(violations(&event), [], "{} of a client", kind.as_str());
    }
}

#[test]
fn the_version_in_the_schema_is_the_one_that_is_sent() {
    for schema in schemas() {
        assert_eq!(i64::from(schema.version), i64::from(PAYLOAD_VERSION), "{}", schema.name);
    }
}

/// The pointers of all properties in a schema that do not say what they mean.
fn undescribed(schema: &Value, path: &str, found: &mut Vec<String>) {
    let Value::Object(keywords) = schema else { return };
    for (name, property) in keywords.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = format!("{path}/{name}");
        if property["description"].as_str().is_none_or(str::is_empty) {
            found.push(path.clone());
        }
        undescribed(property, &path, found);
    }
    for (name, definition) in keywords.get("$defs").and_then(Value::as_object).into_iter().flatten() {
        undescribed(definition, &format!("{path}#{name}"), found);
    }
}

/// Objects that let anything in. A field that nobody described could then be sent.
fn open(schema: &Value, path: &str, found: &mut Vec<String>) {
    match schema {
        Value::Object(keywords) => {
            if keywords.contains_key("properties") && keywords.get("additionalProperties") != Some(&json!(false)) {
                found.push(path.to_owned());
            }
            keywords.iter().for_each(|(name, inner)| open(inner, &format!("{path}/{name}"), found));
        }
        Value::Array(items) => items.iter().for_each(|item| open(item, path, found)),
        _ => {}
    }
}

#[test]
fn every_field_is_described_and_no_other_is_let_in() {
    for schema in schemas() {
        let parsed: Value = serde_json::from_str(&schema.text).unwrap();
        let (mut bare, mut loose) = (Vec::new(), Vec::new());
        undescribed(&parsed, "", &mut bare);
        open(&parsed, "", &mut loose);
        assert_eq!((bare, loose), (Vec::new(), Vec::new()), "{}", schema.name);
        assert!(parsed["description"].is_string() && parsed["$id"].is_string(), "{}", schema.name);
    }
}

#[test]
fn what_people_wrote_is_refused() {
    let Fact::MeetingBooked { mut meeting } = fact(EventType::MeetingBooked) else { panic!("not a booking") };
    meeting.note = Some("My number is …".to_owned());
    meeting.attribution.utm_campaign = Some("For Ada".to_owned());
    let found = violations(&event(Fact::MeetingBooked { meeting }));
    let mut paths: Vec<_> = found.into_iter().map(|found| found.path).collect();
    paths.sort();
    assert_eq!(paths, ["/data/meeting/attribution/utm_campaign", "/data/meeting/note"]);
}

#[test]
fn the_envelope_is_what_partners_know() {
    let shown = envelope(&event(fact(EventType::ContactCreated)));
    assert_eq!(
        shown,
        json!({
            "id": id("evt"), "type": "contact_created", "version": 1, "occurredAt": "2026-03-02T09:00:00.500Z",
            "sequence": 7, "correlationId": "a-1", "actor": {"kind": "system"},
            "data": {"contact": id("con"), "version": 1},
        })
    );
}

//! The public form of an event: what webhooks send, archives keep and the published schemas describe.

use chrono::SecondsFormat;
use serde_json::{Value, json};

use super::{Event, Fact, PAYLOAD_VERSION};

/// The event as the world outside sees it. Its workspace is left out: whoever receives it knows whose it is.
pub fn envelope(event: &Event) -> Value {
    json!({
        "id": event.id,
        "type": event.fact.event_type(),
        "version": PAYLOAD_VERSION,
        "occurredAt": event.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        "sequence": event.position,
        "correlationId": event.correlation,
        "actor": event.actor,
        "data": data(&event.fact),
    })
}

/// A message that an event asks for and that is none itself: it takes the event's id, and no place in the log.
pub fn message(event: &Event, kind: &str, data: &Value) -> Value {
    json!({
        "id": event.id,
        "type": kind,
        "version": PAYLOAD_VERSION,
        "occurredAt": event.occurred_at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        "correlationId": event.correlation,
        "data": data,
    })
}

/// What a fact has to say, without its type, which stands beside it.
pub fn data(fact: &Fact) -> Value {
    // A fact is made of plain values with text keys, so it always becomes an object.
    let mut data = serde_json::to_value(fact).unwrap_or_default();
    if let Value::Object(fields) = &mut data {
        fields.remove("type");
    }
    data
}

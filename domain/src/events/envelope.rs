//! The public form of an event: what webhooks carry.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{Event, PAYLOAD_VERSION};
use crate::ids::EventId;
use crate::operation::CorrelationId;

/// An event as partners get it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Its id: receivers deduplicate by it.
    pub id: EventId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of the payload's form.
    pub version: i32,
    /// When it happened, RFC 3339.
    pub occurred_at: String,
    /// Its place in the log of its workspace; `None` for a message that stands in no log.
    pub sequence: Option<i64>,
    /// The work it belongs to.
    pub correlation_id: CorrelationId,
    /// The payload.
    pub data: Value,
}

impl Envelope {
    /// The envelope of an event of the log.
    pub fn of(event: &Event) -> Self {
        let data = serde_json::to_value(&event.fact).unwrap_or_default();
        let sequence = Some(event.position);
        Self { sequence, ..Self::message(event, event.fact.event_type().as_str(), data) }
    }

    /// A message that an event asks for and that is none itself: it takes the event's id, and no place.
    pub fn message(event: &Event, kind: &str, data: Value) -> Self {
        Self {
            id: event.id,
            kind: kind.to_owned(),
            version: PAYLOAD_VERSION,
            occurred_at: instant(event.occurred_at),
            sequence: None,
            correlation_id: event.correlation.clone(),
            data,
        }
    }

    /// The bytes that are sent and signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Texts, numbers and a JSON value: there is nothing in it that could not be written.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

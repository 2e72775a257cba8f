//! The JSON Schema (draft 2020-12) of every type of event, in every version that is sent.
//!
//! A type's file describes its `data`; the envelope around it and the parts that several types share stand in
//! `envelope.v1.json`. A change that breaks a reader is a new version beside the old one.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::envelope::envelope;
use super::{Event, EventType};
use crate::webhooks::{VIOLATIONS_MAX, Violation, compile, report};

/// The published schema of one type of event.
#[derive(Debug)]
pub struct EventSchema {
    /// Of which type.
    pub kind: EventType,
    /// From 1.
    pub version: u32,
    /// Its name among all published schemas, e.g. `event.meeting_booked`.
    pub name: String,
    /// The schema, JSON text.
    pub text: String,
    validator: Validator,
}

const ENVELOPE: &str = include_str!("../../schemas/events/envelope.v1.json");

macro_rules! data_schema {
    ($name:literal) => {
        include_str!(concat!("../../schemas/events/", $name, ".v1.json"))
    };
}

/// What the `data` of a type looks like, and in which version.
fn described(kind: EventType) -> (u32, &'static str) {
    let text = match kind {
        EventType::SubmissionReceived => data_schema!("submission_received"),
        EventType::FormSubmitted => data_schema!("form_submitted"),
        EventType::ContactCreated => data_schema!("contact_created"),
        EventType::ContactUpdated => data_schema!("contact_updated"),
        EventType::ConsentRecorded => data_schema!("consent_recorded"),
        EventType::ScoreChanged => data_schema!("score_changed"),
        EventType::MqlReached => data_schema!("MQL_reached"),
        EventType::LeadRouted => data_schema!("lead_routed"),
        EventType::TaskCreated => data_schema!("task_created"),
        EventType::MeetingBooked => data_schema!("meeting_booked"),
        EventType::MeetingRescheduled => data_schema!("meeting_rescheduled"),
        EventType::MeetingCancelled => data_schema!("meeting_cancelled"),
        EventType::MeetingOutcomeRecorded => data_schema!("meeting_outcome"),
        EventType::CrmReceipt => data_schema!("crm_receipt"),
        EventType::WebhookEndpointChanged => data_schema!("webhook_endpoint_changed"),
        EventType::DeadLetterEdited => data_schema!("dead_letter_edited"),
    };
    (1, text)
}

static SCHEMAS: LazyLock<Vec<EventSchema>> =
    LazyLock::new(|| EventType::ALL.iter().filter_map(|kind| compose(*kind)).collect());

/// The schemas of all types, in the order of the types.
pub fn schemas() -> &'static [EventSchema] {
    &SCHEMAS
}

/// Everything by which an event differs from its published schema.
pub fn violations(event: &Event) -> Vec<Violation> {
    let kind = event.fact.event_type();
    match schemas().iter().find(|schema| schema.kind == kind) {
        Some(schema) => {
            let envelope = envelope(event);
            schema.validator.iter_errors(&envelope).flat_map(|error| report(&error)).take(VIOLATIONS_MAX).collect()
        }
        None => vec![Violation::whole("$schema", "there is no such schema".to_owned())],
    }
}

/// The envelope around the `data` of a type. `None` for files of ours that are no schemas, which a test finds.
fn compose(kind: EventType) -> Option<EventSchema> {
    let (version, data) = described(kind);
    let name = format!("event.{}", kind.as_str());
    let mut data: Map<String, Value> = serde_json::from_str(data).ok()?;
    let mut schema: Map<String, Value> = serde_json::from_str(ENVELOPE).ok()?;
    schema.insert("$id".to_owned(), format!("urn:meridian:schema:{name}:{version}").into());
    schema.insert("title".to_owned(), format!("{name}, version {version}").into());
    schema.insert("description".to_owned(), data.remove("description")?);
    let properties = schema.get_mut("properties")?.as_object_mut()?;
    properties.get_mut("type")?.as_object_mut()?.insert("const".to_owned(), json!(kind));
    properties.get_mut("version")?.as_object_mut()?.insert("const".to_owned(), version.into());
    data.insert("description".to_owned(), "What the type has to say.".into());
    properties.insert("data".to_owned(), Value::Object(data));
    let text = serde_json::to_string_pretty(&schema).ok()?;
    let validator = compile(&text).ok()?;
    Some(EventSchema { kind, version, name, text, validator })
}

#[cfg(test)]
#[path = "schema_tests.rs"]
mod tests;

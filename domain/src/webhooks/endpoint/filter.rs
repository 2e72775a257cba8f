//! Of which events an endpoint is told.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::events::{Event, EventType, Fact};

/// Which events are wanted. Everything that is empty does not limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointFilter {
    /// Of these types.
    #[serde(default)]
    pub types: Vec<EventType>,
    /// About this entity, by its id.
    #[serde(default)]
    pub entity: Option<String>,
    /// All of these hold.
    #[serde(default)]
    pub conditions: Vec<Condition>,
}

/// A field of the payload has one of these values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// The field's path in `data`, e.g. `meeting.host`.
    pub field: String,
    /// Texts; numbers and truth values are compared as they are written in JSON.
    pub any_of: Vec<String>,
}

impl EndpointFilter {
    /// Whether the endpoint is told. Of endpoints and of deliveries themselves it is told only if it asks for that type
    /// by name: most receivers would only be puzzled.
    pub fn matches(&self, event: &Event) -> bool {
        let kind = event.fact.event_type();
        let is_of_type = match event.fact {
            Fact::WebhookEndpointChanged { .. } | Fact::DeadLetterEdited { .. } => self.types.contains(&kind),
            _ => self.types.is_empty() || self.types.contains(&kind),
        };
        is_of_type
            && self.entity.as_ref().is_none_or(|entity| *entity == event.fact.entity())
            && (self.conditions.is_empty() || self.holds(&event.fact))
    }

    fn holds(&self, fact: &Fact) -> bool {
        let Ok(data) = serde_json::to_value(fact) else { return false };
        self.conditions.iter().all(|condition| condition.holds(&data))
    }
}

impl Condition {
    fn holds(&self, data: &Value) -> bool {
        let found = self.field.split('.').try_fold(data, |value, name| value.get(name));
        let text = match found {
            Some(Value::String(text)) => text.clone(),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
            _ => return false,
        };
        self.any_of.contains(&text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const CONTACT: &str = "con_00000000000000000000000007";

    /// A score of 80 for a contact, held against a filter.
    fn check(filter: Value, expected: bool) {
        let event: Event = serde_json::from_value(json!({
            "id": "evt_00000000000000000000000001", "workspace": "wsp_00000000000000000000000001", "position": 1,
            "fact": {"type": "MQL_reached", "contact": CONTACT, "score": 80, "threshold": 50, "model_version": 1},
            "occurred_at": "2026-03-02T09:00:00Z", "actor": serde_json::to_value(crate::access::Actor::System).unwrap(),
            "correlation": "c",
        }))
        .unwrap();
        let filter: EndpointFilter = serde_json::from_value(filter).unwrap();
        assert_eq!(filter.matches(&event), expected, "{filter:?}");
    }

    #[test]
    fn what_is_empty_does_not_limit_and_what_is_not_limits() {
        check(json!({}), true);
        check(json!({"types": ["meeting_booked", "MQL_reached"]}), true);
        check(json!({"types": ["meeting_booked"]}), false);
        check(json!({"entity": CONTACT}), true);
        check(json!({"entity": "con_00000000000000000000000008"}), false);
    }

    #[test]
    fn a_condition_holds_when_the_field_has_one_of_its_values() {
        let condition = |field: &str, any_of: &[&str]| json!({"conditions": [{"field": field, "any_of": any_of}]});
        check(condition("score", &["79", "80"]), true);
        check(condition("contact", &[CONTACT]), true);
        check(condition("score", &["8"]), false);
        check(condition("score", &[]), false);
        check(condition("meeting.host", &["80"]), false);
        check(condition("", &["80"]), false);
    }

    #[test]
    fn events_about_endpoints_have_to_be_asked_for() {
        let event: Event = serde_json::from_value(json!({
            "id": "evt_00000000000000000000000001", "workspace": "wsp_00000000000000000000000001", "position": 1,
            "fact": {"type": "webhook_endpoint_changed", "endpoint": "wep_00000000000000000000000001", "change": "disabled"},
            "occurred_at": "2026-03-02T09:00:00Z", "actor": serde_json::to_value(crate::access::Actor::System).unwrap(),
            "correlation": "c",
        }))
        .unwrap();
        assert!(!EndpointFilter::default().matches(&event));
        let asked = EndpointFilter { types: vec![EventType::WebhookEndpointChanged], ..EndpointFilter::default() };
        assert!(asked.matches(&event));
    }
}

//! What of a dead letter can be corrected, and how the log tells of a correction.
//!
//! A delivery names what is to be brought where. Only a form that waits for the pipeline is in our hands as the words
//! of somebody else, so only it has something to correct. What goes out is made from facts, which never change.

use serde_json::{Map, Value};

use super::{Delivery, DeliveryState, Job};
use crate::access::{Permit, action};
use crate::errors::{ErrorCode, Refusal};
use crate::events::Fact;
use crate::ids::SubmissionId;
use crate::limits::EDITED_FIELDS_MAX;
use crate::webhooks::plain_part;

impl Delivery {
    /// Whether it is a dead letter.
    pub fn is_dead_letter(&self) -> bool {
        matches!(self.state, DeliveryState::Dead | DeliveryState::Parked)
    }

    /// The form that can be corrected. Refusals: `NOT_REPLAYABLE`, `NOT_EDITABLE`.
    pub fn correctable(&self) -> Result<SubmissionId, Refusal> {
        if !self.is_dead_letter() {
            let message = "The delivery is neither dead nor parked.";
            return Err(Refusal::field(ErrorCode::NotReplayable, "input.deliveryId", message));
        }
        let message = match &self.job {
            Job::RunPipeline { submission } => return Ok(*submission),
            Job::SyncContact { .. } | Job::SyncTask { .. } | Job::SyncMeeting { .. } => {
                "It brings a record to the CRM as the record is when it runs. Correct the record, here or there, and \
                 replay it."
            }
            Job::SendWebhook { .. } | Job::TryWebhook { .. } => {
                "It tells of an event, and what has happened is not rewritten. Mend the endpoint and replay it, or \
                 discard it."
            }
            Job::Unreadable { .. } => "Meridian cannot read it. Discard it, and let its cause happen again.",
        };
        Err(Refusal::field(ErrorCode::NotEditable, "input.deliveryId", message))
    }

    /// The fact that its form was corrected: which fields, and why; what they say stays out of the log.
    pub fn edited(
        &self,
        _: &Permit<action::ManageDeadLetters>,
        submission: SubmissionId,
        (fields, reason): (Vec<String>, String),
    ) -> Fact {
        Fact::DeadLetterEdited { delivery: self.id, submission, fields, reason }
    }
}

/// The fields in which two forms differ, as JSON Pointers (RFC 6901), at most [`EDITED_FIELDS_MAX`]. The empty one is
/// the whole: what was there could not be read. A list is one field.
pub fn edited_fields(before: Option<&Value>, after: &Value) -> Vec<String> {
    let mut fields = Vec::new();
    differ("", before, Some(after), &mut fields);
    fields.dedup();
    fields.truncate(EDITED_FIELDS_MAX);
    fields
}

fn differ(path: &str, before: Option<&Value>, after: Option<&Value>, fields: &mut Vec<String>) {
    let none = Map::new();
    let (one, other) = match (before, after) {
        _ if before == after => return,
        (Some(Value::Object(one)), Some(Value::Object(other))) => (one, other),
        (None, Some(Value::Object(other))) if !path.is_empty() => (&none, other),
        (Some(Value::Object(one)), None) => (one, &none),
        _ => return fields.push(plain_part(path)),
    };
    let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        differ(&format!("{path}/{name}"), one.get(name), other.get(name), fields);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(before: &Value, after: &Value, expected: &[&str]) {
        assert_eq!(edited_fields(Some(before), after), expected, "{before} {after}");
    }

    #[test]
    fn a_correction_names_fields_and_no_values() {
        let before =
            json!({"contact": {"email": "a@x.example", "phone": "1"}, "answers": {"size": 3}, "consents": [1]});
        check(&before, &before, &[]);
        let mut after = before.clone();
        after["contact"]["email"] = json!("b@x.example");
        after["consents"] = json!([2, 3]);
        check(&before, &after, &["/consents", "/contact/email"]);
        after["contact"] = json!({"email": "a@x.example"});
        after["answers"] = json!(null);
        check(&before, &after, &["/answers", "/consents", "/contact/phone"]);
        check(&json!({}), &json!({"contact": {"email": "e", "phone": "p"}}), &["/contact/email", "/contact/phone"]);
    }

    #[test]
    fn what_could_not_be_read_is_the_whole_and_a_name_that_may_say_something_is_not_told() {
        assert_eq!(edited_fields(None, &json!({"contact": {}})), [""]);
        check(&json!("{"), &json!({}), &[""]);
        check(&json!({"answers": {"ann@x.example": 1, "bob@x.example": 1}}), &json!({"answers": {}}), &["/answers"]);
        let many: Map<String, Value> = (0..300).map(|number| (format!("q{number}"), json!(1))).collect();
        assert_eq!(edited_fields(Some(&json!({})), &json!({"answers": many})).len(), EDITED_FIELDS_MAX);
    }

    fn delivery(state: &str, job: &Value) -> Delivery {
        serde_json::from_value(json!({
            "id": "dlv_00000000000000000000000001", "job": job, "position": 1, "state": state, "attempts": 1,
            "next_attempt_at": "2026-03-02T09:00:00Z", "last_error": null, "correlation": "c",
            "created_at": "2026-03-02T09:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn only_a_form_that_is_a_dead_letter_can_be_corrected() {
        let check = |state: &str, job: &Value, expected: Result<(), ErrorCode>| {
            let found = delivery(state, job).correctable();
            assert_eq!(found.map(drop).map_err(|refusal| refusal.code), expected, "{state} {job}");
        };
        let form = json!({"job": "run_pipeline", "submission": "sub_00000000000000000000000001"});
        check("dead", &form, Ok(()));
        check("parked", &form, Ok(()));
        for state in ["pending", "done", "discarded"] {
            check(state, &form, Err(ErrorCode::NotReplayable));
        }
        let (contact, connection) = ("con_00000000000000000000000001", "cxn_00000000000000000000000001");
        let (endpoint, event) = ("wep_00000000000000000000000001", "evt_00000000000000000000000001");
        for job in [
            json!({"job": "sync_contact", "connection": connection, "contact": contact}),
            json!({"job": "send_webhook", "endpoint": endpoint, "event": event, "entity": contact}),
            json!({"job": "try_webhook", "endpoint": endpoint, "event": event, "message": "test"}),
            json!({"job": "unreadable", "destination": "pipeline", "lane": "l", "was": "{"}),
        ] {
            check("dead", &job, Err(ErrorCode::NotEditable));
        }
    }
}

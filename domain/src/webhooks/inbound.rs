//! A delivery that came in and is kept as it came: a vendor's event, or a form that does not fit its schema.
//!
//! What fits becomes a [`Submission`](super::Submission) at once and is not here. What does not is in quarantine:
//! acknowledged, since it is kept, and waiting for people, who repair or discard it. Its body is sealed and not part of
//! this value.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FormSubmission, Violation, parse, parse_value, refuse_times};
use crate::access::{Permit, action};
use crate::errors::{ErrorCode, Refusal};
use crate::ids::{ConnectionId, InboundDeliveryId, SubmissionId};
use crate::operation::CorrelationId;

/// Headers that are kept beside a body: what a vendor says there and nowhere else. Neither proofs nor
/// `X-Goog-Resource-URI`, in which a calendar is named by its owner's address.
const KEPT_HEADERS: [&str; 6] = [
    "content-type",
    "x-goog-channel-id",
    "x-goog-message-number",
    "x-goog-resource-id",
    "x-goog-resource-state",
    "x-slack-retry-num",
];

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InboundState {
    /// A vendor's event, kept.
    Received,
    /// It did not fit its schema and waits for people.
    Quarantined,
    /// It became a submission after all.
    Repaired,
    /// People decided that it is not to be used.
    Discarded,
}

/// How a delivery left quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// Who decided: a client's id; `sender` when a body that fits came under the same delivery id.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, if it was discarded.
    pub reason: Option<String>,
    /// The submission that it became, if it was repaired.
    pub submission: Option<SubmissionId>,
}

/// A delivery without its body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundDelivery {
    /// Its id.
    pub id: InboundDeliveryId,
    /// The connection it came through.
    pub connection: ConnectionId,
    /// The sender's id of it.
    pub delivery_id: Option<String>,
    /// Where it is.
    pub state: InboundState,
    /// Headers that belong to what it says, by their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// Why it is in quarantine, or was.
    pub violations: Vec<Violation>,
    /// The work it belongs to.
    pub correlation: CorrelationId,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// How it left quarantine.
    pub resolution: Option<Resolution>,
}

impl InboundDelivery {
    /// It became a submission.
    #[must_use]
    pub fn repair(self, _: &Permit<action::ManageQuarantine>, by: String, made: (SubmissionId, DateTime<Utc>)) -> Self {
        let (submission, at) = made;
        let resolution = Resolution { by, at, reason: None, submission: Some(submission) };
        Self { state: InboundState::Repaired, resolution: Some(resolution), ..self }
    }

    /// It is not to be used.
    #[must_use]
    pub fn discard(self, _: &Permit<action::ManageQuarantine>, by: String, why: (String, DateTime<Utc>)) -> Self {
        let (reason, at) = why;
        let resolution = Resolution { by, at, reason: Some(reason), submission: None };
        Self { state: InboundState::Discarded, resolution: Some(resolution), ..self }
    }

    /// The refusal of a decision about a delivery that is not in quarantine.
    pub fn refuse_unless_quarantined(&self) -> Result<(), Refusal> {
        match self.state {
            InboundState::Quarantined => Ok(()),
            _ => Err(Refusal::field(ErrorCode::NotQuarantined, "input.id", "The delivery is not in quarantine.")),
        }
    }
}

/// The headers that are kept, of all that came.
pub fn kept_headers(headers: &[(&str, &str)]) -> BTreeMap<String, String> {
    let kept = headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), (*value).to_owned()));
    kept.filter(|(name, _)| KEPT_HEADERS.contains(&name.as_str())).collect()
}

/// Reads a form from a raw body; or everything that is wrong with it.
pub fn read_form(body: &[u8]) -> Result<FormSubmission, Vec<Violation>> {
    parse(body).and_then(with_times)
}

/// As [`read_form`], from a value.
pub fn read_form_value(payload: Value) -> Result<FormSubmission, Vec<Violation>> {
    parse_value(payload).and_then(with_times)
}

fn with_times(form: FormSubmission) -> Result<FormSubmission, Vec<Violation>> {
    let refusals = refuse_times(&form);
    if refusals.is_empty() {
        return Ok(form);
    }
    // No schema knows the zones: the catalogue's code stands where its keyword would.
    let violation = |refusal: Refusal| Violation {
        path: refusal.field.unwrap_or_default(),
        message: refusal.message,
        keyword: refusal.code.as_str().to_owned(),
    };
    Err(refusals.into_iter().map(violation).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The place and the keyword of everything that is wrong.
    fn check(body: &str, expected: &[&str]) {
        let found = read_form(body.as_bytes()).err().unwrap_or_default();
        let found: Vec<String> = found.iter().map(|found| format!("{} {}", found.path, found.keyword)).collect();
        assert_eq!(found, expected, "{body}");
    }

    #[test]
    fn a_form_that_does_not_fit_says_where_and_why() {
        let form = |zone: &str| {
            json!({
                "event": "webform_submitted", "version": 1, "occurred_at": "2026-11-01T09:30:00Z", "form_id": "f",
                "contact": { "email": "ada@example.com", "time_zone": zone },
            })
            .to_string()
        };
        check(&form("Europe/London"), &[]);
        check(&form("Mars/Olympus"), &["/contact/time_zone UNKNOWN_TIME_ZONE"]);
        check("{", &[" json"]);
    }

    #[test]
    fn neither_proofs_nor_addresses_are_kept() {
        let headers = [
            ("X-Goog-Resource-State", "exists"),
            ("X-Goog-Channel-Token", "secret"),
            ("X-Goog-Resource-URI", "https://www.googleapis.com/calendar/v3/calendars/ada@example.com/events"),
            ("Authorization", "Bearer secret"),
            ("Content-Type", "application/json"),
        ];
        let kept: Vec<String> = kept_headers(&headers).into_keys().collect();
        assert_eq!(kept, ["content-type", "x-goog-resource-state"]);
    }
}

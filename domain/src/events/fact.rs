//! What can happen.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{
    ConnectionId, ConsentRecordId, ContactId, DeliveryId, EndpointId, HostId, RoutingDecisionId, SubmissionId, TaskId,
};
use crate::meetings::{Meeting, MeetingOutcome};
use crate::webhooks::endpoint::EndpointChange;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Fact {
    /// A webhook with a form was accepted and waits for the pipeline.
    #[serde(rename = "submission_received")]
    SubmissionReceived {
        /// The submission.
        submission: SubmissionId,
    },
    /// A form went through the pipeline.
    #[serde(rename = "form_submitted")]
    FormSubmitted {
        /// The submission.
        submission: SubmissionId,
        /// Whose form it was.
        contact: ContactId,
    },
    /// A contact was met for the first time.
    #[serde(rename = "contact_created")]
    ContactCreated {
        /// The contact.
        contact: ContactId,
        /// Its version, for "bring it to version n".
        version: i64,
    },
    /// A known contact changed.
    #[serde(rename = "contact_updated")]
    ContactUpdated {
        /// The contact.
        contact: ContactId,
        /// Its version.
        version: i64,
    },
    /// An entry was added to the consent ledger.
    #[serde(rename = "consent_recorded")]
    ConsentRecorded {
        /// Whose consent.
        contact: ContactId,
        /// The entry.
        record: ConsentRecordId,
    },
    /// A contact's score was computed anew and differs.
    #[serde(rename = "score_changed")]
    ScoreChanged {
        /// The contact.
        contact: ContactId,
        /// Points.
        score: i32,
        /// The version of the model that computed it.
        model_version: i32,
    },
    /// A contact crossed the threshold for the first time.
    #[serde(rename = "MQL_reached")]
    MqlReached {
        /// The contact.
        contact: ContactId,
        /// Points.
        score: i32,
        /// Points needed.
        threshold: i32,
        /// The version of the model that computed it.
        model_version: i32,
    },
    /// A lead was given to an owner (or to nobody, when nobody could take it).
    #[serde(rename = "lead_routed")]
    LeadRouted {
        /// The contact.
        contact: ContactId,
        /// The decision, with its reasons.
        decision: RoutingDecisionId,
        /// The owner.
        owner: Option<HostId>,
    },
    /// The owner was given a task.
    #[serde(rename = "task_created")]
    TaskCreated {
        /// The task.
        task: TaskId,
        /// The contact it is about.
        contact: ContactId,
        /// When it must be done.
        due_at: DateTime<Utc>,
    },
    /// A meeting was agreed.
    #[serde(rename = "meeting_booked")]
    MeetingBooked {
        /// As it was agreed.
        meeting: Meeting,
    },
    /// A meeting moved.
    #[serde(rename = "meeting_rescheduled")]
    MeetingRescheduled {
        /// As it is now.
        meeting: Meeting,
        /// Where it was before.
        previous_starts_at: DateTime<Utc>,
    },
    /// A meeting was called off.
    #[serde(rename = "meeting_cancelled")]
    MeetingCancelled {
        /// As it was at the end.
        meeting: Meeting,
    },
    /// What became of a meeting was noted.
    #[serde(rename = "meeting_outcome")]
    MeetingOutcomeRecorded {
        /// As it is now.
        meeting: Meeting,
        /// What became of it.
        outcome: MeetingOutcome,
    },
    /// A CRM confirmed that it holds a record in a version of ours.
    #[serde(rename = "crm_receipt")]
    CrmReceipt {
        /// Through which connection.
        connection: ConnectionId,
        /// Our id of what was written (contact, task or meeting).
        entity: String,
        /// The CRM's id of it.
        external_id: String,
        /// Our version that the CRM now holds.
        version: i64,
        /// The contact in whose lane it was written.
        contact: ContactId,
        /// How long it took from the fact that led to it, in milliseconds.
        #[serde(default)]
        lag_milliseconds: i64,
    },
    /// A webhook endpoint was made, changed, tried or disabled.
    #[serde(rename = "webhook_endpoint_changed")]
    WebhookEndpointChanged {
        /// The endpoint.
        endpoint: EndpointId,
        /// What happened to it.
        change: EndpointChange,
    },
    /// Somebody corrected the form that a dead letter holds, and sent it again.
    #[serde(rename = "dead_letter_edited")]
    DeadLetterEdited {
        /// The delivery.
        delivery: DeliveryId,
        /// The form.
        submission: SubmissionId,
        /// What was corrected, as JSON Pointers; never what it says.
        fields: Vec<String>,
        /// Why, in words of whoever did it.
        reason: String,
    },
}

macro_rules! event_types {
    ($($variant:ident = $text:literal),+ $(,)?) => {
        /// The type of an event, as partners see it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum EventType { $(#[doc = $text] #[serde(rename = $text)] $variant),+ }

        impl EventType {
            /// Every type there is.
            pub const ALL: &[EventType] = &[$(EventType::$variant),+];

            /// The text in payloads and stores.
            pub fn as_str(self) -> &'static str {
                match self { $(EventType::$variant => $text),+ }
            }
        }

        impl Fact {
            /// The type of this fact.
            pub fn event_type(&self) -> EventType {
                match self { $(Fact::$variant { .. } => EventType::$variant),+ }
            }
        }
    };
}

event_types! {
    SubmissionReceived = "submission_received",
    FormSubmitted = "form_submitted",
    ContactCreated = "contact_created",
    ContactUpdated = "contact_updated",
    ConsentRecorded = "consent_recorded",
    ScoreChanged = "score_changed",
    MqlReached = "MQL_reached",
    LeadRouted = "lead_routed",
    TaskCreated = "task_created",
    MeetingBooked = "meeting_booked",
    MeetingRescheduled = "meeting_rescheduled",
    MeetingCancelled = "meeting_cancelled",
    MeetingOutcomeRecorded = "meeting_outcome",
    CrmReceipt = "crm_receipt",
    WebhookEndpointChanged = "webhook_endpoint_changed",
    DeadLetterEdited = "dead_letter_edited",
}

impl Fact {
    /// The entity whose order the event keeps: events of one entity are delivered in the order they happened.
    pub fn entity(&self) -> String {
        match self {
            Self::SubmissionReceived { submission } | Self::DeadLetterEdited { submission, .. } => {
                submission.to_string()
            }
            Self::FormSubmitted { contact, .. }
            | Self::ContactCreated { contact, .. }
            | Self::ContactUpdated { contact, .. }
            | Self::ConsentRecorded { contact, .. }
            | Self::ScoreChanged { contact, .. }
            | Self::MqlReached { contact, .. }
            | Self::LeadRouted { contact, .. }
            | Self::TaskCreated { contact, .. }
            | Self::CrmReceipt { contact, .. } => contact.to_string(),
            Self::MeetingBooked { meeting }
            | Self::MeetingRescheduled { meeting, .. }
            | Self::MeetingCancelled { meeting }
            | Self::MeetingOutcomeRecorded { meeting, .. } => meeting.id.to_string(),
            Self::WebhookEndpointChanged { endpoint, .. } => endpoint.to_string(),
        }
    }

    /// The meeting it is about, if it is about one.
    pub fn meeting(&self) -> Option<&Meeting> {
        match self {
            Self::MeetingBooked { meeting }
            | Self::MeetingRescheduled { meeting, .. }
            | Self::MeetingCancelled { meeting }
            | Self::MeetingOutcomeRecorded { meeting, .. } => Some(meeting),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_fact_is_the_tag_it_is_stored_with() -> Result<(), serde_json::Error> {
        let fact: Fact = serde_json::from_value(serde_json::json!({
            "type": "MQL_reached", "contact": "con_00000000000000000000000007", "score": 80, "threshold": 50, "model_version": 1,
        }))?;
        assert_eq!(fact.event_type().as_str(), serde_json::to_value(&fact)?["type"]);
        Ok(())
    }
}

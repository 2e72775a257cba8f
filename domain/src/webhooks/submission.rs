//! A form that came in, and what became of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::FormSubmission;
use crate::ids::{ConnectionId, ContactId, MeetingTypeId, RoutingDecisionId, SubmissionId};
use crate::operation::CorrelationId;

/// How far a submission has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmissionState {
    /// Stored and acknowledged; the pipeline is to run.
    Received,
    /// Normalised, resolved, scored and routed.
    Processed,
}

/// A form that came in, by webhook or through the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// The connection it came through; `None` when it came through the API.
    pub connection: Option<ConnectionId>,
    /// The sender's id of the delivery: the same delivery twice is one submission.
    pub delivery_id: Option<String>,
    /// What was submitted.
    pub form: FormSubmission,
    /// How far it has come.
    pub state: SubmissionState,
    /// The work it belongs to.
    pub correlation: CorrelationId,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When the pipeline was through with it.
    pub processed_at: Option<DateTime<Utc>>,
    /// Whose form it was.
    pub contact: Option<ContactId>,
    /// Whom the lead was given to, and why.
    pub decision: Option<RoutingDecisionId>,
    /// The offer that slots are shown of.
    pub meeting_type: Option<MeetingTypeId>,
}

//! What a routing decision leaves behind: its record, and the owner's task.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Decision;
use crate::ids::{ContactId, HostId, RoutingDecisionId, TaskId};

/// A decision as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingRecord {
    /// Its id.
    pub id: RoutingDecisionId,
    /// About whom.
    pub contact: ContactId,
    /// What was decided, and why.
    pub decision: Decision,
    /// When.
    pub decided_at: DateTime<Utc>,
}

/// A follow-up for the owner of a lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// About whom.
    pub contact: ContactId,
    /// Whose it is; nobody's when no host could take the lead.
    pub owner: Option<HostId>,
    /// What is to be done, without personal data.
    pub subject: String,
    /// The SLA: when it must be done.
    pub due_at: DateTime<Utc>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

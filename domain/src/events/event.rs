//! The event: a fact with its place in the log.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Fact;
use crate::access::Actor;
use crate::ids::{EventId, WorkspaceId};
use crate::operation::CorrelationId;

/// A fact in the log of its workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its id: receivers deduplicate by it.
    pub id: EventId,
    /// Whose log.
    pub workspace: WorkspaceId,
    /// Its place: 1, 2, 3 … without gaps, in the order in which commits became visible.
    pub position: i64,
    /// What happened.
    pub fact: Fact,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Who did it.
    pub actor: Actor,
    /// The work it belongs to.
    pub correlation: CorrelationId,
}

/// The version of every event type's payload today.
pub const PAYLOAD_VERSION: i32 = 1;

/// A place in a workspace's log: "everything after this".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventCursor(pub i64);

impl EventCursor {
    /// Before the first event.
    pub const START: Self = Self(0);
}

//! What stands at a place of the log, whether this version of Meridian can read it or not.
//!
//! While two versions run side by side, the older one meets events of which it knows only what all events have in
//! common, and so does everybody where a row is damaged. Readers of the log go on over them.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::Event;
use crate::ids::{EventId, WorkspaceId};

/// A place of the log that is taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// By an event.
    Event(Arc<Event>),
    /// By one that cannot be read here.
    Opaque(Arc<OpaqueEvent>),
}

/// What is known of an event without reading what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpaqueEvent {
    /// Its id.
    pub id: EventId,
    /// Whose log.
    pub workspace: WorkspaceId,
    /// Its place.
    pub position: i64,
    /// Its type, which may be none that this version knows.
    pub kind: String,
    /// The entity that it is about.
    pub entity: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The work it belongs to.
    pub correlation: String,
    /// Why it cannot be read, for our log.
    pub why: String,
}

impl Entry {
    /// The event, if it can be read.
    pub fn event(&self) -> Option<&Arc<Event>> {
        match self {
            Self::Event(event) => Some(event),
            Self::Opaque(_) => None,
        }
    }

    /// Its id.
    pub fn id(&self) -> EventId {
        match self {
            Self::Event(event) => event.id,
            Self::Opaque(opaque) => opaque.id,
        }
    }

    /// Whose log it is in.
    pub fn workspace(&self) -> WorkspaceId {
        match self {
            Self::Event(event) => event.workspace,
            Self::Opaque(opaque) => opaque.workspace,
        }
    }

    /// Its place in the log.
    pub fn position(&self) -> i64 {
        match self {
            Self::Event(event) => event.position,
            Self::Opaque(opaque) => opaque.position,
        }
    }

    /// Its type, as partners see it.
    pub fn kind(&self) -> &str {
        match self {
            Self::Event(event) => event.fact.event_type().as_str(),
            Self::Opaque(opaque) => &opaque.kind,
        }
    }

    /// The entity that it is about.
    pub fn entity(&self) -> String {
        match self {
            Self::Event(event) => event.fact.entity(),
            Self::Opaque(opaque) => opaque.entity.clone(),
        }
    }

    /// When it happened.
    pub fn occurred_at(&self) -> DateTime<Utc> {
        match self {
            Self::Event(event) => event.occurred_at,
            Self::Opaque(opaque) => opaque.occurred_at,
        }
    }

    /// The work it belongs to.
    pub fn correlation(&self) -> &str {
        match self {
            Self::Event(event) => event.correlation.as_str(),
            Self::Opaque(opaque) => &opaque.correlation,
        }
    }
}

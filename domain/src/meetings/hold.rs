//! A hold: time reserved for a moment, for whoever made it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::access::Actor;
use crate::ids::{HoldId, HostId, MeetingTypeId};

/// A soft reservation with an owner and an expiry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hold {
    /// Its id; whoever knows it and acts as `owner` may book with it.
    pub id: HoldId,
    /// The offer it is for.
    pub meeting_type: MeetingTypeId,
    /// The host whose time it takes.
    pub host: HostId,
    /// Start of the slot.
    pub starts_at: DateTime<Utc>,
    /// End of the slot.
    pub ends_at: DateTime<Utc>,
    /// Who made it.
    pub owner: Actor,
    /// From this instant on it blocks nobody.
    pub expires_at: DateTime<Utc>,
}

impl Hold {
    /// Whether `actor` may book with it at `now`.
    pub fn usable_by(&self, actor: Actor, now: DateTime<Utc>) -> bool {
        self.owner == actor && now < self.expires_at
    }
}

//! The host: somebody who can be booked, with the schedule and the profile that leads are routed by.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::availability::Schedule;
use crate::ids::HostId;

/// Somebody who can be booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its id.
    pub id: HostId,
    /// The name that booking pages show.
    pub name: String,
    /// Where invitations go.
    pub email: String,
    /// When they work.
    pub schedule: Schedule,
    /// Which leads are theirs.
    pub routing: RoutingProfile,
    /// The CRM's id of this person as an owner of records.
    pub crm_owner_id: Option<String>,
    /// Whether they take leads and meetings at present.
    pub active: bool,
    /// When a lead was last given to them.
    pub last_assigned_at: Option<DateTime<Utc>>,
}

/// Which leads a host takes, and how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutingProfile {
    /// Names of territories of the routing rules; empty: any.
    pub territories: Vec<String>,
    /// Product lines; empty: any.
    pub product_lines: Vec<String>,
    /// Leads a day at most; `None`: as many as come.
    pub capacity_per_day: Option<u32>,
    /// Share of the leads and meetings, relative to the others; at least 1.
    pub weight: u32,
    /// Round robin asks hosts of a higher priority first.
    pub priority: i32,
}

impl Default for RoutingProfile {
    fn default() -> Self {
        Self { territories: Vec::new(), product_lines: Vec::new(), capacity_per_day: None, weight: 1, priority: 0 }
    }
}

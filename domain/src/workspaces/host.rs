//! The host: somebody who can be booked, with the schedule and the profile that leads are routed by.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::availability::Schedule;
use crate::errors::Violation;
use crate::ids::HostId;
use crate::limits::{HOST_NAMES_MAX, HOST_WEIGHT_MAX, SHORT_TEXT_LENGTH_MAX, is_short_text};

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

impl RoutingProfile {
    /// Everything that is wrong, each with its path; empty when it is sound.
    pub fn validate(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut refuse = |path: String, message: String| found.push(Violation { path, message });
        for (path, names) in [("territories", &self.territories), ("productLines", &self.product_lines)] {
            if names.len() > HOST_NAMES_MAX {
                refuse(path.to_owned(), format!("A host has {HOST_NAMES_MAX} of them at most."));
            }
            for (index, _) in names.iter().enumerate().filter(|(_, name)| !is_short_text(name)) {
                refuse(format!("{path}[{index}]"), format!("A name has 1 to {SHORT_TEXT_LENGTH_MAX} characters."));
            }
        }
        if !(1..=HOST_WEIGHT_MAX).contains(&self.weight) {
            refuse("weight".to_owned(), format!("A weight is from 1 to {HOST_WEIGHT_MAX}."));
        }
        found
    }
}

impl Default for RoutingProfile {
    fn default() -> Self {
        Self { territories: Vec::new(), product_lines: Vec::new(), capacity_per_day: None, weight: 1, priority: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_has_its_limits() {
        assert_eq!(RoutingProfile::default().validate(), []);
        let names = |count| vec!["EMEA".to_owned(); count];
        let territories = [names(1), vec![" ".to_owned()]].concat();
        let profile = RoutingProfile { territories, product_lines: names(101), weight: 0, ..RoutingProfile::default() };
        let paths: Vec<_> = profile.validate().into_iter().map(|found| found.path).collect();
        assert_eq!(paths, ["territories[1]", "productLines", "weight"]);
    }
}

//! What a routing decision is made from.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::contacts::{CountryCode, fold};
use crate::ids::{HostId, RoutingRulesId};

/// One immutable version of a workspace's routing rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingRules {
    /// The key of this version.
    pub id: RoutingRulesId,
    /// Counts versions, from 1.
    pub version: i32,
    /// Named parts of the world that hosts serve.
    #[serde(default)]
    pub territories: Vec<Territory>,
    /// Who takes a lead that nobody else can, the first active one in this order.
    #[serde(default)]
    pub fallback_owners: Vec<HostId>,
    /// Minutes that the owner has for the first touch.
    pub sla_minutes: u32,
}

/// A part of the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Territory {
    /// The name that hosts refer to.
    pub name: String,
    /// Its countries.
    pub countries: Vec<CountryCode>,
    /// Only these regions of the countries (ISO 3166-2 or a name, as the forms send it); empty: all of them.
    #[serde(default)]
    pub regions: Vec<String>,
}

/// What routing looks at in a lead.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutedLead {
    /// Who owns the contact or its account already.
    pub existing_owner: Option<HostId>,
    /// Where the lead is.
    pub country: Option<CountryCode>,
    /// Where in the country.
    pub region: Option<String>,
    /// What the lead is interested in.
    pub product_line: Option<String>,
}

/// A host as routing sees it at the moment of the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostProfile {
    /// Who.
    pub host: HostId,
    /// Takes leads at all.
    pub active: bool,
    /// Names of the territories served; empty: everywhere.
    #[serde(default)]
    pub territories: Vec<String>,
    /// Product lines served; empty: all.
    #[serde(default)]
    pub product_lines: Vec<String>,
    /// New leads a day at most; `None`: no limit.
    pub capacity_per_day: Option<u32>,
    /// Leads of today so far.
    pub assigned_today: u32,
    /// Share of the leads relative to others; 0 counts as 1.
    pub weight: u32,
    /// When the latest lead came; `None`: never.
    pub last_assigned_at: Option<DateTime<Utc>>,
}

impl RoutingRules {
    /// The names of the territories a lead lies in. Where one names its region, the wider ones step back.
    pub(super) fn territories_of(&self, lead: &RoutedLead) -> Vec<&str> {
        let Some(country) = lead.country else { return Vec::new() };
        let region = lead.region.as_deref().map(fold);
        let names_region = |territory: &&Territory| territory.regions.iter().any(|name| Some(fold(name)) == region);
        let here = self.territories.iter().filter(|territory| territory.countries.contains(&country));
        let (narrow, wide): (Vec<_>, Vec<_>) =
            here.filter(|t| t.regions.is_empty() || names_region(t)).partition(|t| !t.regions.is_empty());
        let chosen = if narrow.is_empty() { wide } else { narrow };
        chosen.into_iter().map(|territory| territory.name.as_str()).collect()
    }
}

/// When the first touch is due. In elapsed minutes, so that it means the same on the night the clocks change.
pub fn sla_due(at: DateTime<Utc>, minutes: u32) -> DateTime<Utc> {
    at.checked_add_signed(TimeDelta::minutes(i64::from(minutes))).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_touch_is_due_after_so_many_minutes() {
        assert_eq!(sla_due(DateTime::UNIX_EPOCH, 90).to_rfc3339(), "1970-01-01T01:30:00+00:00");
        assert_eq!(sla_due(DateTime::<Utc>::MAX_UTC, 1), DateTime::<Utc>::MAX_UTC);
    }
}

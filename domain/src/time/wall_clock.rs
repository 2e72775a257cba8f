//! From what a wall clock shows to the instant it means, strictly.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::interval::instant;
use super::pieces::reach;
use super::{Interval, Zone};

/// What a local date and time means in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolved {
    /// One instant.
    Unique(DateTime<Utc>),
    /// The clock shows it twice (it was set back in between). Nothing is guessed: the caller refuses or chooses.
    Ambiguous {
        /// The first time.
        earlier: DateTime<Utc>,
        /// The last time.
        later: DateTime<Utc>,
    },
    /// The clock never shows it (it was set forward past it).
    Missing,
}

impl Zone {
    /// The instants at which the wall clock of this zone shows `local`, to the whole second.
    pub fn resolve(self, local: NaiveDateTime) -> Resolved {
        let label = local.and_utc().timestamp();
        let labels = label..label + 1;
        let pieces = self.pieces(reach(&labels));
        let mut instants = pieces.showing(labels).map(|Interval { start, .. }| instant(start));
        match (instants.next(), instants.last()) {
            (None, _) => Resolved::Missing,
            (Some(only), None) => Resolved::Unique(only),
            (Some(earlier), Some(later)) => Resolved::Ambiguous { earlier, later },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `local` in `zone`, answers with the instants in ISO 8601.
    fn check(zone: &str, local: &str, expected: &[&str]) {
        let zone: Zone = zone.parse().unwrap();
        let instants = match zone.resolve(local.parse().unwrap()) {
            Resolved::Unique(at) => vec![at],
            Resolved::Ambiguous { earlier, later } => vec![earlier, later],
            Resolved::Missing => vec![],
        };
        let expected: Vec<DateTime<Utc>> = expected.iter().map(|text| text.parse().unwrap()).collect();
        assert_eq!(instants, expected, "{local} in {zone}");
        for at in expected {
            assert_eq!(zone.local(at).to_string().replace(' ', "T"), local);
        }
    }

    #[test]
    fn an_ordinary_time_is_one_instant() {
        check("Europe/Berlin", "2026-07-01T09:00:00", &["2026-07-01T07:00:00Z"]);
        check("UTC", "2026-07-01T09:00:00", &["2026-07-01T09:00:00Z"]);
    }

    #[test]
    fn a_repeated_time_is_two() {
        check("America/New_York", "2026-11-01T01:30:00", &["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]);
    }

    #[test]
    fn a_skipped_time_is_none() {
        check("America/New_York", "2026-03-08T02:30:00", &[]);
        check("Africa/Cairo", "2026-04-24T00:00:00", &[]);
        // Samoa crossed the date line: the 30th of December 2011 did not happen there.
        check("Pacific/Apia", "2011-12-30T12:00:00", &[]);
    }
}

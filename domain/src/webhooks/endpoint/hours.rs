//! When an endpoint wants to be told: hours by day of the week, on the clock of a zone.

use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};

use crate::availability::WeeklyWindow;
use crate::limits::ENDPOINT_WINDOWS_MAX;
use crate::time::{Interval, LocalTime, Zone};

/// A window that begins today may be open since yesterday, and the next may be a week away, on a date that a zone
/// skipped.
const DAYS_LOOKED_AHEAD: u64 = 15;

/// Outside of these hours messages wait, which is no failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryHours {
    /// Whose clock it is.
    pub zone: Zone,
    /// The same every week; together they are one set of times.
    pub weekly: Vec<WeeklyWindow>,
}

impl DeliveryHours {
    /// Why a message waits.
    pub const CLOSED: &'static str = "It is outside the endpoint's delivery hours.";

    /// Whether there is a time at all, and no more windows than somebody means.
    pub fn fit(&self) -> bool {
        (1..=ENDPOINT_WINDOWS_MAX).contains(&self.weekly.len())
            && self.weekly.iter().all(|window| window.start != window.end && window.start != LocalTime::END_OF_DAY)
    }

    /// The first instant from `now` on at which messages may be sent; `now` itself when it is open.
    pub fn opens_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let second = now.timestamp();
        let next = self.around(now).filter(|open| open.end > second).min_by_key(|open| open.start);
        next.map_or(now, |open| open.starts_at().max(now))
    }

    /// Everything that is open from yesterday on.
    fn around(&self, now: DateTime<Utc>) -> impl Iterator<Item = Interval> + '_ {
        use chrono::Datelike;

        let today = self.zone.local_date(now);
        let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
        let dates = (0..DAYS_LOOKED_AHEAD).filter_map(move |days| yesterday.checked_add_days(Days::new(days)));
        dates.flat_map(move |date| {
            self.weekly.iter().filter(move |window| window.weekday == date.weekday()).flat_map(move |window| {
                let next_day = date.checked_add_days(Days::new(1)).unwrap_or(date);
                let runs_past_midnight = window.end < window.start;
                let end = if runs_past_midnight { LocalTime::END_OF_DAY } else { window.end };
                let mut open = self.zone.instants_of(date, window.start, end);
                if runs_past_midnight {
                    open.extend(self.zone.instants_of(next_day, LocalTime::START_OF_DAY, window.end));
                }
                open
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Office hours in Berlin and a night from Saturday to Sunday: when may a message be sent?
    fn check(now: &str, expected: &str) {
        let window = |weekday: &str, start: &str, end: &str| json!({"weekday": weekday, "start": start, "end": end});
        let weekly = json!([window("monday", "09:00", "17:00"), window("saturday", "22:00", "04:00")]);
        let hours: DeliveryHours = serde_json::from_value(json!({"zone": "Europe/Berlin", "weekly": weekly})).unwrap();
        assert!(hours.fit());
        let opens = hours.opens_at(now.parse().unwrap());
        assert_eq!(opens, expected.parse::<DateTime<Utc>>().unwrap(), "{now}");
    }

    #[test]
    fn a_message_waits_for_the_next_window() {
        check("2026-03-02T07:59:59Z", "2026-03-02T08:00:00Z");
        check("2026-03-02T08:00:00Z", "2026-03-02T08:00:00Z");
        check("2026-03-02T15:59:59.5Z", "2026-03-02T15:59:59.5Z");
        check("2026-03-02T16:00:00Z", "2026-03-07T21:00:00Z");
        check("2026-03-08T02:59:59Z", "2026-03-08T02:59:59Z");
        check("2026-03-08T03:00:00Z", "2026-03-09T08:00:00Z");
    }

    #[test]
    fn the_clock_on_the_wall_counts_when_it_is_set() {
        // On 2026-03-29 Berlin skips 02:00 to 03:00, and is an hour further from UTC afterwards.
        check("2026-03-29T00:30:00Z", "2026-03-29T00:30:00Z");
        check("2026-03-29T02:00:00Z", "2026-03-30T07:00:00Z");
        // On 2026-10-25 it shows 02:00 to 03:00 twice.
        check("2026-10-25T02:59:59Z", "2026-10-25T02:59:59Z");
        check("2026-10-25T03:00:00Z", "2026-10-26T08:00:00Z");
    }

    #[test]
    fn hours_without_a_time_are_refused() {
        let none = DeliveryHours { zone: Zone::utc(), weekly: Vec::new() };
        assert!(!none.fit());
    }
}

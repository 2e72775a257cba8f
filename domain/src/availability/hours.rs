//! From a schedule to open time: what the windows mean as UTC intervals.

use std::collections::HashMap;
use std::ops::Range;

use super::{Intervals, Schedule};
use crate::time::{Interval, LocalTime, Pieces, SECONDS_PER_DAY, Zone, day_number, days_since_monday};

/// Seconds of one local date, as the clock labels them.
type Labels = Range<i64>;

/// A schedule made ready for lookup by date.
pub(super) struct Hours {
    zone: Zone,
    /// By days since Monday.
    week: [Vec<Labels>; 7],
    /// By day number: the dates that are replaced as a whole.
    replaced: HashMap<i64, Vec<Labels>>,
    /// By day number: what an override's window of the day before opens past midnight.
    spilled: HashMap<i64, Vec<Labels>>,
    /// Day numbers, both included.
    travel: Vec<(i64, i64, Zone)>,
}

impl Hours {
    /// The hours that hold.
    pub(super) fn of(schedule: &Schedule) -> Self {
        let mut hours = Self::without_overrides(schedule);
        for replaced in &schedule.overrides {
            let day = day_number(replaced.date);
            let today = hours.replaced.entry(day).or_default();
            for window in &replaced.windows {
                let (first, past_midnight) = split(window.start, window.end);
                today.push(first);
                hours.spilled.entry(day + 1).or_default().extend(past_midnight);
            }
        }
        hours
    }

    /// The hours that would hold without overrides; to explain what an override closed.
    pub(super) fn without_overrides(schedule: &Schedule) -> Self {
        let mut week: [Vec<Labels>; 7] = Default::default();
        for window in &schedule.weekly {
            let weekday = window.weekday.num_days_from_monday() as usize;
            let (first, past_midnight) = split(window.start, window.end);
            week[weekday].push(first);
            week[(weekday + 1) % 7].extend(past_midnight);
        }
        let travel =
            schedule.travel.iter().map(|trip| (day_number(trip.from), day_number(trip.to), trip.zone)).collect();
        Self { zone: schedule.zone, week, replaced: HashMap::new(), spilled: HashMap::new(), travel }
    }

    /// The open time inside `range`, exactly; cut at its edges.
    pub(super) fn open(&self, range: Interval) -> Intervals {
        if range.is_empty() {
            return Intervals::default();
        }
        // A clock is never a whole day away from UTC, so its date is at most one off.
        let first = range.start.div_euclid(SECONDS_PER_DAY) - 1;
        let last = range.end.div_euclid(SECONDS_PER_DAY) + 1;
        let home = self.zone.pieces(range);
        let away: Vec<Pieces> = self.travel.iter().map(|(.., zone)| zone.pieces(range)).collect();
        let mut open = Vec::new();
        for day in first..=last {
            let trip = self.travel.iter().position(|&(from, to, _)| (from..=to).contains(&day));
            let clock = trip.map_or(&home, |index| &away[index]);
            let midnight = day * SECONDS_PER_DAY;
            for labels in self.labels(day) {
                open.extend(clock.showing(midnight + labels.start..midnight + labels.end));
            }
        }
        Intervals::from_unsorted(open)
    }

    fn labels(&self, day: i64) -> impl Iterator<Item = &Labels> {
        let weekday = usize::try_from(days_since_monday(day)).unwrap_or_default();
        let (usual, extra) = match self.replaced.get(&day) {
            Some(instead) => (instead, None),
            None => (&self.week[weekday], self.spilled.get(&day)),
        };
        usual.iter().chain(extra.into_iter().flatten())
    }
}

/// A window on its own date, and what it opens on the next one when its end is before its start.
fn split(start: LocalTime, end: LocalTime) -> (Labels, Option<Labels>) {
    if end < start {
        (start.seconds()..SECONDS_PER_DAY, Some(0..end.seconds()))
    } else {
        (start.seconds()..end.seconds(), None)
    }
}

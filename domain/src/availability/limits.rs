//! Which days, weeks and months are full.

use std::collections::HashMap;

use chrono::Datelike;

use super::booking_window::dates;
use super::{CountedMeeting, Intervals, Limits, OfferRules};
use crate::time::{Interval, Pieces, SECONDS_PER_DAY, date_of, days_since_monday};

/// Longer than any period that is counted, in seconds: how far around a range the pieces given to [`full`] reach.
pub(super) const PERIOD_SECONDS_MAX: i64 = 33 * SECONDS_PER_DAY;

/// First and last day number.
type Period = (i64, i64);

/// The period that a day number lies in.
type PeriodOf = fn(i64) -> Period;

/// What has been taken in one period.
#[derive(Default, Clone, Copy)]
struct Tally {
    meetings: u32,
    minutes: u64,
}

/// The instants of `range` at which one more meeting of `offer` would break a limit. `pieces` are those of the host's
/// zone over the range and [`PERIOD_SECONDS_MAX`] around it.
pub(super) fn full(offer: &OfferRules, counted: &[CountedMeeting], pieces: &Pieces, range: Interval) -> Intervals {
    let Limits { meetings_per_day, meetings_per_week, meetings_per_month, minutes_per_day, minutes_per_week } =
        offer.limits;
    let kinds: [(PeriodOf, Option<u32>, Option<u32>); 3] = [
        (|day| (day, day), meetings_per_day, minutes_per_day),
        (week_of, meetings_per_week, minutes_per_week),
        (month_of, meetings_per_month, None),
    ];
    let mut full = Vec::new();
    for (period_of, meetings_max, minutes_max) in kinds {
        if meetings_max.is_none() && minutes_max.is_none() {
            continue;
        }
        let no_room = |tally: &Tally| {
            meetings_max.is_some_and(|max| tally.meetings >= max)
                || minutes_max.is_some_and(|max| tally.minutes + u64::from(offer.duration_minutes) > u64::from(max))
        };
        if no_room(&Tally::default()) {
            return Intervals::one(range);
        }
        let tallies = tally(counted, pieces, period_of);
        for ((first, last), _) in tallies.into_iter().filter(|(_, tally)| no_room(tally)) {
            full.extend_from_slice(dates(&(first..=last), pieces).as_slice());
        }
    }
    Intervals::from_unsorted(full).intersect(&Intervals::one(range))
}

fn tally(counted: &[CountedMeeting], pieces: &Pieces, period_of: PeriodOf) -> HashMap<Period, Tally> {
    let mut tallies: HashMap<Period, Tally> = HashMap::new();
    for meeting in counted {
        let tally = tallies.entry(period_of(pieces.day_at(meeting.start.timestamp()))).or_default();
        tally.meetings += 1;
        tally.minutes += u64::from(meeting.duration_minutes);
    }
    tallies
}

/// Monday to Sunday.
fn week_of(day: i64) -> Period {
    let monday = day - days_since_monday(day);
    (monday, monday + 6)
}

/// The first to the last of the month.
fn month_of(day: i64) -> Period {
    let date = date_of(day);
    let first = day - i64::from(date.day0());
    (first, first + i64::from(date.num_days_in_month()) - 1)
}

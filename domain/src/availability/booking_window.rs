//! How far ahead a meeting may start, as instants.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};

use super::{BookingWindow, Intervals};
use crate::time::{Interval, Pieces, SECONDS_PER_DAY, Zone, day_number, days_since_monday};

/// The instants of `range` whose local date lies in the booking window. `pieces` are those of the host's `zone` and
/// cover the range.
pub(super) fn starts(
    window: &BookingWindow,
    zone: Zone,
    pieces: &Pieces,
    range: Interval,
    now: DateTime<Utc>,
) -> Intervals {
    let today = day_number(zone.local_date(now));
    let days = match window {
        BookingWindow::Unlimited => return Intervals::one(range),
        BookingWindow::RollingDays { days } => today..=today + i64::from(*days),
        BookingWindow::RollingBusinessDays { days, holidays } => today..=business_day_after(today, *days, holidays),
        BookingWindow::FixedDates { from, to } => day_number(*from)..=day_number(*to),
    };
    dates(&days, pieces).intersect(&Intervals::one(range))
}

/// All instants covered by `pieces` whose local date is one of `days`.
pub(super) fn dates(days: &RangeInclusive<i64>, pieces: &Pieces) -> Intervals {
    let labels = days.start() * SECONDS_PER_DAY..(days.end() + 1) * SECONDS_PER_DAY;
    Intervals::from_unsorted(pieces.showing(labels).collect())
}

/// The `count`-th day after `today` that is neither at a weekend nor a holiday; today itself for 0.
fn business_day_after(today: i64, count: u32, holidays: &[NaiveDate]) -> i64 {
    let mut holidays: Vec<i64> = holidays.iter().map(|&date| day_number(date)).collect();
    holidays.sort_unstable();
    let works = |day: &i64| days_since_monday(*day) < 5 && holidays.binary_search(day).is_err();
    let Some(nth) = count.checked_sub(1) else { return today };
    (today + 1..).filter(works).nth(nth as usize).unwrap_or(today)
}

//! A stretch of UTC time in whole seconds.

use chrono::{DateTime, Utc};

/// Half-open: `start` belongs to it, `end` does not. Both are seconds since 1970-01-01T00:00:00Z (POSIX time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// First second inside.
    pub start: i64,
    /// First second after it.
    pub end: i64,
}

impl Interval {
    /// From `start` up to `end`. An end at or before the start makes it empty.
    pub const fn new(start: i64, end: i64) -> Self {
        Self { start, end }
    }

    /// The whole seconds that `start..end` touches: a taken time is never rounded to less than it is.
    pub fn covering(start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        Self::new(start.timestamp(), ceil_second(end))
    }

    /// The whole seconds at or after `start` and before `end`.
    pub fn seconds_from(start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        Self::new(ceil_second(start), ceil_second(end))
    }

    /// Whether nothing is inside.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the second `at` is inside.
    pub const fn contains(self, at: i64) -> bool {
        self.start <= at && at < self.end
    }

    /// What both have in common; empty when they do not meet.
    #[must_use]
    pub fn overlap(self, other: Self) -> Self {
        Self::new(self.start.max(other.start), self.end.min(other.end))
    }

    /// Its start as an instant.
    pub fn starts_at(self) -> DateTime<Utc> {
        instant(self.start)
    }

    /// Its end as an instant.
    pub fn ends_at(self) -> DateTime<Utc> {
        instant(self.end)
    }
}

/// The first whole second at or after `at`.
pub(crate) fn ceil_second(at: DateTime<Utc>) -> i64 {
    at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0)
}

/// The instant of a POSIX second; beyond what `chrono` can hold (the year 262,000) it is the nearest it can.
pub(crate) fn instant(second: i64) -> DateTime<Utc> {
    let nearest = if second < 0 { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
    DateTime::from_timestamp(second, 0).unwrap_or(nearest)
}

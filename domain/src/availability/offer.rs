//! The rules of an offer: how long, how often, how soon, how far ahead, how many.

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

/// The rules that a meeting type puts on top of its hosts' schedules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferRules {
    /// Length of the meeting.
    pub duration_minutes: u32,
    /// Elapsed minutes from one grid start to the next; the duration when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_minutes: Option<u32>,
    /// Kept free before the meeting, on top of what the neighbour asks for.
    #[serde(default)]
    pub buffer_before_minutes: u32,
    /// Kept free after the meeting, on top of what the neighbour asks for.
    #[serde(default)]
    pub buffer_after_minutes: u32,
    /// Elapsed minutes between `now` and the earliest start.
    #[serde(default)]
    pub notice_minutes: u32,
    /// How far ahead it can be booked.
    #[serde(default)]
    pub window: BookingWindow,
    /// How many a host takes.
    #[serde(default)]
    pub limits: Limits,
}

/// How far ahead a meeting may start. Days are local dates of the host's schedule zone, and today is the one that
/// holds `now`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BookingWindow {
    /// Any time.
    #[default]
    Unlimited,
    /// From today up to and including the date `days` calendar days later.
    RollingDays {
        /// 0 is today only.
        days: u32,
    },
    /// From today up to and including the `days`-th business day after today. Weekends and holidays in between can
    /// be booked if the schedule is open on them; they just do not count.
    RollingBusinessDays {
        /// 0 is today only.
        days: u32,
        /// Dates that are no business days, besides Saturdays and Sundays.
        #[serde(default)]
        holidays: Vec<NaiveDate>,
    },
    /// The dates `from` to `to`, both included.
    FixedDates {
        /// First date.
        from: NaiveDate,
        /// Last date.
        to: NaiveDate,
    },
}

/// The most that one host takes. Counted on the local date of a meeting's start in the host's schedule zone; a week
/// starts on Monday (ISO 8601).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Meetings that start on one date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meetings_per_day: Option<u32>,
    /// Meetings that start in one week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meetings_per_week: Option<u32>,
    /// Meetings that start in one calendar month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meetings_per_month: Option<u32>,
    /// Minutes of the meetings that start on one date, the new one included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes_per_day: Option<u32>,
    /// Minutes of the meetings that start in one week, the new one included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes_per_week: Option<u32>,
}

impl OfferRules {
    /// Length of the meeting.
    pub fn duration(&self) -> TimeDelta {
        TimeDelta::seconds(self.duration_seconds())
    }

    /// Length of the meeting in seconds. Rules that were never validated still make the kernel end: zero counts as
    /// one minute.
    pub(super) fn duration_seconds(&self) -> i64 {
        i64::from(self.duration_minutes.max(1)) * 60
    }

    /// Distance of two grid starts in seconds; zero counts as one minute.
    pub(super) fn step_seconds(&self) -> i64 {
        i64::from(self.interval_minutes.unwrap_or(self.duration_minutes).max(1)) * 60
    }
}

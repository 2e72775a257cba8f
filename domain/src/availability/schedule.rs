//! What a host enters: weekly windows, exceptions by date, and where they will be.

use chrono::{NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use crate::time::{LocalTime, Zone};

/// When a host works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The zone of the wall clock that the windows are read from, unless the host travels.
    pub zone: Zone,
    /// The same every week. Windows may overlap; together they are one set of times.
    pub weekly: Vec<WeeklyWindow>,
    /// Dates on which other hours hold, or none.
    #[serde(default)]
    pub overrides: Vec<DateOverride>,
    /// Dates on which the host lives by another clock.
    #[serde(default)]
    pub travel: Vec<Travel>,
}

/// All instants of one weekday whose local clock lies in `[start, end)`. An end before the start runs past midnight:
/// `[start, 24:00)` on that weekday and `[00:00, end)` on the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyWindow {
    /// The weekday it starts on, in JSON `"monday"` to `"sunday"`.
    #[serde(with = "WeekdayName")]
    pub weekday: Weekday,
    /// First minute inside.
    pub start: LocalTime,
    /// First minute after it.
    pub end: LocalTime,
}

/// A window of one date, read like a weekly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// First minute inside.
    pub start: LocalTime,
    /// First minute after it.
    pub end: LocalTime,
}

/// Replaces a whole local date: whatever the weekly windows, or a window from the day before that runs past midnight,
/// would have opened on it is gone, and `windows` hold instead. Empty means closed. The date is one of the zone that
/// the host lives in on that date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateOverride {
    /// The date.
    pub date: NaiveDate,
    /// The hours that hold on it. One that runs past midnight opens the start of the next date too, unless that
    /// date has an override of its own.
    pub windows: Vec<Window>,
}

/// On the dates `from` to `to` (both included) the host's wall clock is that of `zone`. It moves the hours, not the
/// booking window or the limits, which are counted in the schedule's own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Travel {
    /// First date.
    pub from: NaiveDate,
    /// Last date.
    pub to: NaiveDate,
    /// The zone on those dates.
    pub zone: Zone,
}

/// `chrono` writes "Mon"; a document that people read spells it out.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Weekday")]
enum WeekdayName {
    #[serde(rename = "monday")]
    Mon,
    #[serde(rename = "tuesday")]
    Tue,
    #[serde(rename = "wednesday")]
    Wed,
    #[serde(rename = "thursday")]
    Thu,
    #[serde(rename = "friday")]
    Fri,
    #[serde(rename = "saturday")]
    Sat,
    #[serde(rename = "sunday")]
    Sun,
}

//! What is wrong with a schedule or with the rules of an offer: everything at once, each with its path.

use std::collections::HashSet;

use super::{BookingWindow, OfferRules, Schedule};
use crate::errors::Violation;
use crate::time::LocalTime;

/// Windows of one week or one date. Ten would be generous; more is a mistake, and each costs on every query.
const WINDOWS_MAX: usize = 50;
/// Overrides of one schedule: every day of two years.
const OVERRIDES_MAX: usize = 731;
/// Trips of one schedule. Every query looks at each of them for each date.
const TRIPS_MAX: usize = 100;
/// Holidays of one offer: fifty a year for ten years.
const HOLIDAYS_MAX: usize = 500;
/// Minutes in a day: the longest meeting, grid step and buffer. Longer ones are no slots on a day's grid.
const DAY_MINUTES: u32 = 1440;
/// The longest notice, in minutes: a leap year, as the longest query.
const NOTICE_MINUTES_MAX: u32 = 366 * DAY_MINUTES;
/// The longest rolling window, in days: ten years.
const ROLLING_DAYS_MAX: u32 = 3660;

impl Schedule {
    /// Everything that is wrong, in the order of the document; empty when it is sound.
    pub fn validate(&self) -> Vec<Violation> {
        let mut found = Found::default();
        found.length("weekly", self.weekly.len(), WINDOWS_MAX);
        for (index, window) in self.weekly.iter().enumerate() {
            found.window(&format!("weekly[{index}]"), window.start, window.end);
        }
        found.length("overrides", self.overrides.len(), OVERRIDES_MAX);
        let mut dates = HashSet::new();
        for (index, replaced) in self.overrides.iter().enumerate() {
            let path = format!("overrides[{index}]");
            found.unless(dates.insert(replaced.date), format!("{path}.date"), "the date has an override already");
            found.length(&format!("{path}.windows"), replaced.windows.len(), WINDOWS_MAX);
            for (window_index, window) in replaced.windows.iter().enumerate() {
                found.window(&format!("{path}.windows[{window_index}]"), window.start, window.end);
            }
        }
        found.length("travel", self.travel.len(), TRIPS_MAX);
        for (index, trip) in self.travel.iter().enumerate() {
            found.unless(trip.from <= trip.to, format!("travel[{index}].to"), "must not be before `from`");
            let elsewhere = self.travel[..index].iter().any(|other| trip.from <= other.to && other.from <= trip.to);
            found.unless(!elsewhere, format!("travel[{index}]"), "overlaps an earlier trip");
        }
        found.0
    }
}

impl OfferRules {
    /// Everything that is wrong, in the order of the document; empty when it is sound.
    pub fn validate(&self) -> Vec<Violation> {
        let mut found = Found::default();
        found.within("durationMinutes", self.duration_minutes, 1, DAY_MINUTES);
        if let Some(interval) = self.interval_minutes {
            found.within("intervalMinutes", interval, 1, DAY_MINUTES);
        }
        found.within("bufferBeforeMinutes", self.buffer_before_minutes, 0, DAY_MINUTES);
        found.within("bufferAfterMinutes", self.buffer_after_minutes, 0, DAY_MINUTES);
        found.within("noticeMinutes", self.notice_minutes, 0, NOTICE_MINUTES_MAX);
        match &self.window {
            BookingWindow::Unlimited => {}
            BookingWindow::RollingDays { days } => found.within("window.days", *days, 0, ROLLING_DAYS_MAX),
            BookingWindow::RollingBusinessDays { days, holidays } => {
                found.within("window.days", *days, 0, ROLLING_DAYS_MAX);
                found.length("window.holidays", holidays.len(), HOLIDAYS_MAX);
            }
            BookingWindow::FixedDates { from, to } => {
                found.unless(from <= to, "window.to".to_owned(), "must not be before `from`");
            }
        }
        self.validate_limits(&mut found);
        found.0
    }

    fn validate_limits(&self, found: &mut Found) {
        let limits = self.limits;
        let meetings = [
            ("limits.meetingsPerDay", limits.meetings_per_day),
            ("limits.meetingsPerWeek", limits.meetings_per_week),
            ("limits.meetingsPerMonth", limits.meetings_per_month),
        ];
        for (path, limit) in meetings {
            found.unless(limit != Some(0), path.to_owned(), "must be at least 1; without the field there is no limit");
        }
        let minutes =
            [("limits.minutesPerDay", limits.minutes_per_day), ("limits.minutesPerWeek", limits.minutes_per_week)];
        for (path, limit) in minutes {
            let room = limit.is_none_or(|limit| limit >= self.duration_minutes);
            found.unless(room, path.to_owned(), "must have room for one meeting");
        }
    }
}

#[derive(Default)]
struct Found(Vec<Violation>);

impl Found {
    fn unless(&mut self, sound: bool, path: String, message: &str) {
        if !sound {
            self.0.push(Violation { path, message: message.to_owned() });
        }
    }

    fn within(&mut self, path: &str, value: u32, min: u32, max: u32) {
        let message = format!("must be from {min} to {max}");
        self.unless((min..=max).contains(&value), path.to_owned(), &message);
    }

    fn length(&mut self, path: &str, length: usize, max: usize) {
        self.unless(length <= max, path.to_owned(), &format!("has more than {max} entries"));
    }

    fn window(&mut self, path: &str, start: LocalTime, end: LocalTime) {
        self.unless(start != LocalTime::END_OF_DAY, format!("{path}.start"), "must be before 24:00");
        self.unless(start != end, format!("{path}.end"), "must differ from the start; a whole day is 00:00 to 24:00");
    }
}

//! The rules of an offer, as input.

use async_graphql::{InputObject, OneofObject};
use domain::availability::{BookingWindow, Limits, OfferRules};

use super::super::scalars::Date;

/// Duration, grid, buffers, notice, window and limits. All in minutes unless it says otherwise.
#[derive(InputObject)]
pub(crate) struct OfferRulesInput {
    /// How long a meeting lasts: 1–1440.
    duration_minutes: u32,
    /// How far apart starts are; the duration when it is not given.
    interval_minutes: Option<u32>,
    /// Kept free before a meeting.
    #[graphql(default)]
    buffer_before_minutes: u32,
    /// Kept free after a meeting.
    #[graphql(default)]
    buffer_after_minutes: u32,
    /// The least time between booking and start.
    #[graphql(default)]
    notice_minutes: u32,
    /// How far ahead can be booked; without end when it is not given.
    window: Option<BookingWindowInput>,
    /// How many meetings a host takes; counted in the host's zone on the start.
    limits: Option<LimitsInput>,
}

/// How far ahead can be booked; days are days of the host's zone.
#[derive(OneofObject)]
pub(crate) enum BookingWindowInput {
    /// Today and this many days after.
    RollingDays(u32),
    /// Up to and including this many business days after today.
    RollingBusinessDays(BusinessDaysInput),
    /// Between two dates.
    FixedDates(FixedDatesInput),
}

/// Business days: Monday to Friday without the holidays.
#[derive(InputObject)]
pub(crate) struct BusinessDaysInput {
    /// How many.
    days: u32,
    /// Dates that are no business days.
    #[graphql(default)]
    holidays: Vec<Date>,
}

/// Two dates.
#[derive(InputObject)]
pub(crate) struct FixedDatesInput {
    /// The first.
    from: Date,
    /// The last.
    to: Date,
}

/// How many meetings of this offer a host takes.
#[derive(InputObject)]
pub(crate) struct LimitsInput {
    /// A day.
    meetings_per_day: Option<u32>,
    /// A week, from Monday.
    meetings_per_week: Option<u32>,
    /// A month.
    meetings_per_month: Option<u32>,
    /// Minutes a day.
    minutes_per_day: Option<u32>,
    /// Minutes a week, from Monday.
    minutes_per_week: Option<u32>,
}

impl From<OfferRulesInput> for OfferRules {
    fn from(input: OfferRulesInput) -> Self {
        Self {
            duration_minutes: input.duration_minutes,
            interval_minutes: input.interval_minutes,
            buffer_before_minutes: input.buffer_before_minutes,
            buffer_after_minutes: input.buffer_after_minutes,
            notice_minutes: input.notice_minutes,
            window: input.window.map_or(BookingWindow::Unlimited, Into::into),
            limits: input.limits.map_or_else(Limits::default, Into::into),
        }
    }
}

impl From<BookingWindowInput> for BookingWindow {
    fn from(input: BookingWindowInput) -> Self {
        match input {
            BookingWindowInput::RollingDays(days) => Self::RollingDays { days },
            BookingWindowInput::RollingBusinessDays(input) => Self::RollingBusinessDays {
                days: input.days,
                holidays: input.holidays.into_iter().map(|date| date.0).collect(),
            },
            BookingWindowInput::FixedDates(dates) => Self::FixedDates { from: dates.from.0, to: dates.to.0 },
        }
    }
}

impl From<LimitsInput> for Limits {
    fn from(input: LimitsInput) -> Self {
        Self {
            meetings_per_day: input.meetings_per_day,
            meetings_per_week: input.meetings_per_week,
            meetings_per_month: input.meetings_per_month,
            minutes_per_day: input.minutes_per_day,
            minutes_per_week: input.minutes_per_week,
        }
    }
}

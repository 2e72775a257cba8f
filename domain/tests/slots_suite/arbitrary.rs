//! Generated stories: schedules, offers and taken times around the transitions where mistakes live.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc, Weekday};
use domain::availability::{
    BookingWindow, Buffers, Busy, BusySource, CountedMeeting, DateOverride, HostCalendar, Limits, OfferRules, Schedule,
    Travel, WeeklyWindow, Window,
};
use domain::time::{Interval, LocalTime, Zone};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::story::{Story, at, host, zone_of};

/// Half-hour and 45-minute offsets, transitions of 30 minutes and two hours, transitions at midnight, none at all.
pub const ZONES: [&str; 12] = [
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Santiago",
    "America/St_Johns",
    "Pacific/Chatham",
    "Asia/Beirut",
    "America/Havana",
    "Antarctica/Troll",
];

/// How many days a generated story is about.
pub const DAYS: i64 = 5;

/// A story with one or two hosts, and the first instant it is about.
pub fn story() -> impl Strategy<Value = (Story, DateTime<Utc>)> {
    beginning().prop_flat_map(|begin| {
        let hosts = vec(calendar(begin), 1..=2);
        (offer(begin), hosts, -2880..2880_i64, Just(begin)).prop_map(|(offer, hosts, now, begin)| {
            let hosts = hosts.into_iter().enumerate().map(|(n, calendar)| HostCalendar { host: host(n), ..calendar });
            (Story { offer, hosts: hosts.collect(), now: begin + TimeDelta::minutes(now) }, begin)
        })
    })
}

/// A UTC midnight up to three days before some zone changes its clocks.
fn beginning() -> impl Strategy<Value = DateTime<Utc>> {
    (zone(), 0..40_usize, 0..4_i64).prop_map(|(zone, nth, days_before)| {
        let years = Interval::covering(at("2026-01-01T00:00:00Z"), at("2036-01-01T00:00:00Z"));
        let pieces = zone.pieces(years);
        let piece = pieces.as_slice()[nth % pieces.as_slice().len()];
        let day = piece.utc.starts_at().date_naive() - TimeDelta::days(days_before);
        day.and_time(chrono::NaiveTime::MIN).and_utc()
    })
}

fn zone() -> impl Strategy<Value = Zone> {
    prop::sample::select(&ZONES[..]).prop_map(zone_of)
}

fn calendar(begin: DateTime<Utc>) -> impl Strategy<Value = HostCalendar> {
    let counted =
        (instant(begin), 1..180_u32).prop_map(|(start, duration_minutes)| CountedMeeting { start, duration_minutes });
    (schedule(begin), vec(busy(begin), 0..8), vec(counted, 0..5)).prop_map(|(schedule, busy, counted)| HostCalendar {
        host: host(0),
        schedule,
        busy,
        counted,
    })
}

fn schedule(begin: DateTime<Utc>) -> impl Strategy<Value = Schedule> {
    let weekly = (0..7_u8, window()).prop_map(|(weekday, Window { start, end })| {
        let weekday = Weekday::try_from(weekday).unwrap();
        WeeklyWindow { weekday, start, end }
    });
    let overrides = prop::collection::btree_map(date(begin), vec(window(), 0..3), 0..3)
        .prop_map(|by_date: BTreeMap<_, _>| by_date.into_iter().map(|(date, windows)| DateOverride { date, windows }));
    let travel = option::of((date(begin), 0..4_i64, zone()))
        .prop_map(|trip| trip.map(|(from, days, zone)| Travel { from, to: from + TimeDelta::days(days), zone }));
    (zone(), vec(weekly, 1..7), overrides, travel).prop_map(|(zone, weekly, overrides, travel)| Schedule {
        zone,
        weekly,
        overrides: overrides.collect(),
        travel: travel.into_iter().collect(),
    })
}

fn window() -> impl Strategy<Value = Window> {
    let times = (0..96_u16, 1..=96_u16).prop_filter("an empty window is no window", |(start, end)| start != end);
    times.prop_map(|(start, end)| Window { start: quarter(start), end: quarter(end) })
}

fn quarter(number: u16) -> LocalTime {
    LocalTime::from_minutes(number * 15).unwrap()
}

fn busy(begin: DateTime<Utc>) -> impl Strategy<Value = Busy> {
    let buffers =
        || (0..40_u32, 0..40_u32).prop_map(|(before, after)| Buffers { before_minutes: before, after_minutes: after });
    let source = prop_oneof![
        Just(BusySource::External),
        buffers().prop_map(BusySource::Meeting),
        (buffers(), instant(begin)).prop_map(|(buffers, expires_at)| BusySource::Hold { expires_at, buffers }),
    ];
    (instant(begin), 0..400_i64, source).prop_map(|(start, minutes, source)| Busy {
        start,
        end: start + TimeDelta::minutes(minutes),
        source,
    })
}

fn offer(begin: DateTime<Utc>) -> impl Strategy<Value = OfferRules> {
    let times = (5..120_u32, option::of(5..90_u32), 0..30_u32, 0..30_u32, 0..1440_u32);
    (times, booking_window(begin), limits()).prop_map(
        |((duration, interval, before, after, notice), window, limits)| OfferRules {
            duration_minutes: duration,
            interval_minutes: interval,
            buffer_before_minutes: before,
            buffer_after_minutes: after,
            notice_minutes: notice,
            window,
            limits,
        },
    )
}

fn booking_window(begin: DateTime<Utc>) -> impl Strategy<Value = BookingWindow> {
    prop_oneof![
        3 => Just(BookingWindow::Unlimited),
        1 => (0..6_u32).prop_map(|days| BookingWindow::RollingDays { days }),
        1 => (0..4_u32, vec(date(begin), 0..3))
            .prop_map(|(days, holidays)| BookingWindow::RollingBusinessDays { days, holidays }),
        1 => (date(begin), 0..4_i64)
            .prop_map(|(from, days)| BookingWindow::FixedDates { from, to: from + TimeDelta::days(days) }),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    let rarely = |values: std::ops::Range<u32>| option::weighted(0.15, values);
    (rarely(1..3), rarely(1..5), rarely(1..6), rarely(30..300), rarely(60..600)).prop_map(
        |(meetings_per_day, meetings_per_week, meetings_per_month, minutes_per_day, minutes_per_week)| Limits {
            meetings_per_day,
            meetings_per_week,
            meetings_per_month,
            minutes_per_day,
            minutes_per_week,
        },
    )
}

/// A whole minute in the days of the story or just around them.
fn instant(begin: DateTime<Utc>) -> impl Strategy<Value = DateTime<Utc>> {
    (-1440..(DAYS + 1) * 1440).prop_map(move |minutes| begin + TimeDelta::minutes(minutes))
}

fn date(begin: DateTime<Utc>) -> impl Strategy<Value = NaiveDate> {
    (-1..DAYS + 1).prop_map(move |days| begin.date_naive() + TimeDelta::days(days))
}

//! Full days, weeks and months.

use domain::availability::Limits;

use crate::story::{Story, date_of};

/// Open at noon every day in New York with two meetings on Tuesday the 30th of June, the second late in the evening
/// (already the 1st of July in UTC); which of the days around have room?
fn check(limits: Limits, expected_days: &[&str]) {
    let story = Story::of(60)
        .host("America/New_York", "mon-sun 12:00-13:00")
        .counted("2026-06-30T13:00:00Z", 30)
        .counted("2026-07-01T02:00:00Z", 45)
        .rules(|offer| offer.limits = limits);
    let days = date_of("2026-06-27").iter_days().take(10).map(|day| day.to_string());
    let offered: Vec<String> = days.filter(|day| !story.on(day).is_empty()).map(|day| day[5..].to_owned()).collect();
    assert_eq!(offered, expected_days);
}

#[test]
fn a_day_is_full_by_meetings_or_by_minutes() {
    let all_but_the_30th = ["06-27", "06-28", "06-29", "07-01", "07-02", "07-03", "07-04", "07-05", "07-06"];
    check(Limits { meetings_per_day: Some(2), ..Limits::default() }, &all_but_the_30th);
    check(Limits { minutes_per_day: Some(134), ..Limits::default() }, &all_but_the_30th);
}

#[test]
fn a_limit_that_is_not_reached_closes_nothing() {
    let all = ["06-27", "06-28", "06-29", "06-30", "07-01", "07-02", "07-03", "07-04", "07-05", "07-06"];
    check(Limits { meetings_per_day: Some(3), minutes_per_day: Some(135), ..Limits::default() }, &all);
    check(Limits::default(), &all);
}

#[test]
fn a_week_runs_from_monday_to_sunday() {
    let outside_the_week = ["06-27", "06-28", "07-06"];
    check(Limits { meetings_per_week: Some(2), ..Limits::default() }, &outside_the_week);
    check(Limits { minutes_per_week: Some(134), ..Limits::default() }, &outside_the_week);
}

#[test]
fn a_month_is_the_one_on_the_host_s_calendar() {
    let july = ["07-01", "07-02", "07-03", "07-04", "07-05", "07-06"];
    check(Limits { meetings_per_month: Some(2), ..Limits::default() }, &july);
}

#[test]
fn a_limit_without_room_for_one_meeting_closes_everything() {
    check(Limits { minutes_per_day: Some(59), ..Limits::default() }, &[]);
}

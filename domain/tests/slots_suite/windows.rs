//! How soon and how far ahead.

use domain::availability::BookingWindow;

use crate::story::{Story, date_of};

/// Open for one hour at noon every day; `window` decides which days of a fortnight are offered.
fn check(zone: &str, now: &str, window: BookingWindow, first: &str, expected_days: &[&str]) {
    let story = Story::of(60).host(zone, "mon-sun 12:00-13:00").now(now).rules(|offer| offer.window = window);
    let days = date_of(first).iter_days().take(14).map(|day| day.to_string());
    let offered: Vec<String> = days.filter(|day| !story.on(day).is_empty()).collect();
    assert_eq!(offered, expected_days);
}

#[test]
fn notice_is_elapsed_time_and_the_past_is_never_offered() {
    let story = Story::of(30).host("UTC", "mon 09:00-11:00");
    story.clone().now("2026-06-01T09:30:00Z").check("2026-06-01", "09:30 10:00 10:30");
    story.clone().now("2026-06-01T09:30:00.5Z").check("2026-06-01", "10:00 10:30");
    story.rules(|offer| offer.notice_minutes = 24 * 60).now("2026-05-31T10:00:00Z").check("2026-06-01", "10:00 10:30");
}

#[test]
fn a_rolling_window_counts_days_of_the_host_s_zone() {
    let two = BookingWindow::RollingDays { days: 2 };
    let days = ["2026-06-02", "2026-06-03", "2026-06-04"];
    // In Auckland it is the 2nd already, in Los Angeles still the 1st.
    check("Pacific/Auckland", "2026-06-01T13:00:00Z", two.clone(), "2026-06-01", &days);
    check(
        "America/Los_Angeles",
        "2026-06-01T13:00:00Z",
        two,
        "2026-06-01",
        &["2026-06-01", "2026-06-02", "2026-06-03"],
    );
    check("UTC", "2026-06-01T00:00:00Z", BookingWindow::RollingDays { days: 0 }, "2026-05-30", &["2026-06-01"]);
}

#[test]
fn business_days_skip_weekends_and_holidays_when_counting_not_when_offering() {
    let window = BookingWindow::RollingBusinessDays { days: 2, holidays: vec![date_of("2026-06-08")] };
    // Thursday; Friday is the first, Monday is a holiday, Tuesday the second.
    let days = ["2026-06-04", "2026-06-05", "2026-06-06", "2026-06-07", "2026-06-08", "2026-06-09"];
    check("UTC", "2026-06-04T08:00:00Z", window, "2026-06-01", &days);
}

#[test]
fn fixed_dates_are_both_included() {
    let window = BookingWindow::FixedDates { from: date_of("2026-06-03"), to: date_of("2026-06-04") };
    check("Asia/Tokyo", "2026-06-01T00:00:00Z", window, "2026-06-01", &["2026-06-03", "2026-06-04"]);
}

#[test]
fn the_last_day_of_a_window_is_as_long_as_its_zone_makes_it() {
    let story = Story::of(30).host("America/New_York", "mon-sun 00:00-24:00").now("2026-10-31T12:00:00Z");
    let story = story.rules(|offer| offer.window = BookingWindow::RollingDays { days: 1 });
    assert_eq!(story.on("2026-11-01").len(), 50);
    assert_eq!(story.on("2026-11-02").len(), 0);
}

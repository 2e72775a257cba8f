//! Why something is not offered.

use domain::availability::BusySource::External;
use domain::availability::Reason::{Buffer, Busy, Held, Limit, Notice, OffGrid, OutsideHours, Override, Window};
use domain::availability::{BookingWindow, explain};

use crate::story::{Story, at, hold_until, meeting};

fn morning() -> Story {
    Story::of(60).host("UTC", "mon 09:00-12:00")
}

#[test]
fn every_reason_is_named() {
    morning().check_refused("2026-06-01T10:00:00Z", &[]);
    morning().check_refused("2026-06-01T08:00:00Z", &[OutsideHours]);
    morning().check_refused("2026-06-01T11:30:00Z", &[OutsideHours]);
    morning().check_refused("2026-06-01T10:10:00Z", &[OffGrid]);
    morning().check_refused("2026-06-01T10:00:00.5Z", &[OffGrid]);
    morning().except("2026-06-01", "closed").check_refused("2026-06-01T10:00:00Z", &[Override]);
    morning().taken("2026-06-01T10:30/10:40", External).check_refused("2026-06-01T10:00:00Z", &[Busy]);
    morning().taken("2026-06-01T11:00/11:30", meeting(5, 0)).check_refused("2026-06-01T10:00:00Z", &[Buffer]);
    let held = hold_until("2026-02-01T00:00:00Z");
    morning().taken("2026-06-01T10:00/11:00", held).check_refused("2026-06-01T10:00:00Z", &[Held]);
    morning().now("2026-06-01T10:00:01Z").check_refused("2026-06-01T10:00:00Z", &[Notice]);
    let today_only = |story: Story| story.rules(|offer| offer.window = BookingWindow::RollingDays { days: 0 });
    today_only(morning()).check_refused("2026-06-01T10:00:00Z", &[Window]);
    let full = morning().counted("2026-06-01T09:00:00Z", 60).rules(|offer| offer.limits.meetings_per_day = Some(1));
    full.check_refused("2026-06-01T10:00:00Z", &[Limit]);
}

#[test]
fn an_override_is_told_from_closed_hours_where_the_local_date_is_behind_utc() {
    let story = Story::of(60).host("America/Los_Angeles", "mon 16:00-20:00").except("2026-06-01", "closed");
    story.check_refused("2026-06-02T00:00:00Z", &[Override]);
    story.check_refused("2026-06-02T03:00:00Z", &[OutsideHours]);
}

#[test]
fn all_reasons_are_given_at_once() {
    let story = morning()
        .taken("2026-06-01T10:00/11:00", meeting(0, 0))
        .taken("2026-06-01T10:00/11:00", hold_until("2026-07-01T00:00:00Z"))
        .now("2026-06-01T12:00:00Z");
    story.check_refused("2026-06-01T10:20:00Z", &[OffGrid, Busy, Held, Notice]);
}

#[test]
fn a_range_is_explained_stretch_by_stretch_and_slot_by_slot() {
    let story = morning()
        .except("2026-06-01", "09:00-11:30")
        .taken("2026-06-01T09:30/10:00", meeting(0, 15))
        .taken("2026-06-01T09:15/09:45", External);
    let range = at("2026-06-01T08:00:00Z")..at("2026-06-01T13:00:00Z");
    let lines: Vec<String> = explain(&story.offer, &story.hosts, range, story.now)
        .iter()
        .map(|it| format!("{}-{} {:?} {:?}", it.start.format("%H:%M"), it.end.format("%H:%M"), it.reasons, it.taken_by))
        .collect();
    assert_eq!(
        lines,
        [
            "08:00-09:00 [OutsideHours] []",
            "09:00-10:00 [Busy] [Meeting, External]",
            "10:00-11:00 [Buffer] []",
            "11:00-12:00 [Override] []",
            "11:30-12:00 [Override] []",
            "12:00-13:00 [OutsideHours] []",
        ]
    );
}

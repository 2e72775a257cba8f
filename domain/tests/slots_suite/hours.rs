//! Hours: past midnight, overridden, travelling, on the grid.

use domain::availability::{Schedule, by_day};
use serde_json::json;

use crate::story::{Story, at, zone_of};

#[test]
fn a_window_past_midnight_is_two_pieces_and_one_grid() {
    let story = Story::of(50).host("UTC", "fri 22:00-02:00");
    story.check("2026-06-05", "22:00 22:50 23:40");
    story.check("2026-06-06", "00:30");
}

#[test]
fn touching_windows_are_one_and_separate_ones_have_their_own_grid() {
    Story::of(45).host("UTC", "mon 09:00-10:00 10:00-11:00").check("2026-06-01", "09:00 09:45");
    Story::of(45).host("UTC", "mon 09:00-10:00 10:05-11:00").check("2026-06-01", "09:00 10:05");
}

#[test]
fn the_interval_may_be_shorter_or_longer_than_the_meeting() {
    let story = Story::of(60).host("UTC", "mon 09:00-11:00");
    story.clone().rules(|offer| offer.interval_minutes = Some(20)).check("2026-06-01", "09:00 09:20 09:40 10:00");
    story.rules(|offer| offer.interval_minutes = Some(90)).check("2026-06-01", "09:00");
}

#[test]
fn steps_are_elapsed_time_so_the_grid_runs_through_a_transition() {
    Story::of(45).host("Europe/Berlin", "sun 01:00-05:00").check("2026-03-29", "00:00 00:45 01:30 02:15");
}

#[test]
fn an_override_replaces_the_whole_date_and_only_that_date() {
    let night = Story::of(60).host("UTC", "fri 22:00-02:00");
    night.clone().except("2026-06-05", "closed").check("2026-06-05", "").check("2026-06-06", "00:00 01:00");
    night.clone().except("2026-06-06", "closed").check("2026-06-05", "22:00 23:00").check("2026-06-06", "");
    night.except("2026-06-06", "01:00-03:00").check("2026-06-06", "01:00 02:00");
}

#[test]
fn an_override_may_run_past_midnight_into_a_date_without_one() {
    let story = Story::of(60).host("UTC", "sat 09:00-10:00").except("2026-06-05", "23:00-01:00");
    story.check("2026-06-05", "23:00").check("2026-06-06", "00:00 09:00");
    story.except("2026-06-06", "closed").check("2026-06-06", "");
}

#[test]
fn travel_moves_weekly_hours_and_overrides_to_the_other_wall_clock() {
    let story = Story::of(60)
        .host("America/New_York", "mon-fri 09:00-11:00")
        .travelling("2026-06-02..2026-06-03", "Asia/Tokyo")
        .except("2026-06-03", "15:00-16:00");
    story.check("2026-06-01", "13:00 14:00 00:00 01:00"); // its evening is Tuesday morning in Tokyo
    story.check("2026-06-02", ""); // Wednesday 15:00 in Tokyo is 02:00 in New York: listed under the 3rd
    story.check("2026-06-03", "06:00");
    story.check("2026-06-04", "13:00 14:00");
}

#[test]
fn a_host_who_never_closes_has_the_same_grid_in_every_query() {
    let story = Story::of(55).host("America/New_York", "mon-sun 00:00-24:00");
    let new_year = |year: i32| at(&format!("{year}-01-01T05:00:00Z"));
    for year in [2026, 2027] {
        let listed = story.between(new_year(year), new_year(year + 1));
        assert!(listed.len() > 9500, "{}", listed.len());
        for slot in &listed {
            let since_anchor = slot.start - new_year(year - 1);
            assert_eq!(since_anchor.num_seconds() % (55 * 60), 0, "{}", slot.start);
        }
        for slot in listed.iter().step_by(997) {
            story.check_refused(&slot.start.to_rfc3339(), &[]);
        }
    }
    let years = [story.between(new_year(2026), new_year(2027)), story.between(new_year(2027), new_year(2028))];
    assert_eq!(story.between(new_year(2026), new_year(2028)), years.concat());
}

#[test]
fn a_viewer_s_zone_changes_only_the_day_a_slot_is_shown_under() {
    let story = Story::of(60).host("Europe/London", "mon 22:00-24:00");
    let shown = |viewer: &str| -> Vec<String> {
        let days = by_day(story.on("2026-06-01"), zone_of(viewer));
        days.iter().map(|day| format!("{} {}", day.date, day.slots.len())).collect()
    };
    assert_eq!(shown("Europe/London"), ["2026-06-01 2"]);
    assert_eq!(shown("Asia/Tokyo"), ["2026-06-02 2"]);
    assert_eq!(shown("Europe/Berlin"), ["2026-06-01 1", "2026-06-02 1"]);
}

#[test]
fn a_schedule_is_a_document_that_people_can_read() {
    let document = json!({
        "zone": "Europe/Berlin",
        "weekly": [{ "weekday": "monday", "start": "09:00", "end": "17:00" }],
        "overrides": [{ "date": "2026-12-24", "windows": [{ "start": "09:00", "end": "12:00" }] }],
        "travel": [{ "from": "2026-03-09", "to": "2026-03-13", "zone": "America/New_York" }],
    });
    let schedule: Schedule = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(schedule).unwrap(), document);
}

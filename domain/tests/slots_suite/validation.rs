//! Every violation is reported, with its path.

use domain::availability::{OfferRules, Schedule};
use serde_json::{Value, json};

fn check_schedule(document: Value, expected: &[&str]) {
    let schedule: Schedule = serde_json::from_value(document).unwrap();
    let paths: Vec<String> = schedule.validate().into_iter().map(|violation| violation.path).collect();
    assert_eq!(paths, expected);
}

fn check_offer(document: Value, expected: &[&str]) {
    let offer: OfferRules = serde_json::from_value(document).unwrap();
    let paths: Vec<String> = offer.validate().into_iter().map(|violation| violation.path).collect();
    assert_eq!(paths, expected);
}

#[test]
fn a_sound_schedule_has_no_violation() {
    let night = json!({ "weekday": "friday", "start": "22:00", "end": "00:00" });
    check_schedule(json!({ "zone": "UTC", "weekly": [night] }), &[]);
}

#[test]
fn everything_wrong_with_a_schedule_is_said_at_once() {
    let document = json!({
        "zone": "UTC",
        "weekly": [
            { "weekday": "monday", "start": "09:00", "end": "09:00" },
            { "weekday": "monday", "start": "24:00", "end": "10:00" },
        ],
        "overrides": [
            { "date": "2026-12-24", "windows": [] },
            { "date": "2026-12-24", "windows": [{ "start": "10:00", "end": "10:00" }] },
        ],
        "travel": [
            { "from": "2026-03-09", "to": "2026-03-13", "zone": "Asia/Tokyo" },
            { "from": "2026-03-13", "to": "2026-03-14", "zone": "Asia/Seoul" },
            { "from": "2026-04-02", "to": "2026-04-01", "zone": "Asia/Seoul" },
        ],
    });
    check_schedule(
        document,
        &[
            "weekly[0].end",
            "weekly[1].start",
            "overrides[1].date",
            "overrides[1].windows[0].end",
            "travel[1]",
            "travel[2].to",
        ],
    );
}

#[test]
fn a_schedule_has_bounded_lists() {
    let window = json!({ "weekday": "monday", "start": "09:00", "end": "10:00" });
    check_schedule(json!({ "zone": "UTC", "weekly": vec![window; 51] }), &["weekly"]);
}

#[test]
fn an_offer_needs_only_a_duration() {
    check_offer(json!({ "duration_minutes": 30 }), &[]);
}

#[test]
fn everything_wrong_with_an_offer_is_said_at_once() {
    let document = json!({
        "duration_minutes": 0,
        "interval_minutes": 0,
        "buffer_before_minutes": 1441,
        "buffer_after_minutes": 1441,
        "notice_minutes": 600_000,
        "window": { "kind": "fixed_dates", "from": "2026-02-02", "to": "2026-02-01" },
        "limits": { "meetings_per_week": 0 },
    });
    check_offer(
        document,
        &[
            "durationMinutes",
            "intervalMinutes",
            "bufferBeforeMinutes",
            "bufferAfterMinutes",
            "noticeMinutes",
            "window.to",
            "limits.meetingsPerWeek",
        ],
    );
    let no_room = json!({ "duration_minutes": 60, "limits": { "minutes_per_day": 59 } });
    check_offer(no_room, &["limits.minutesPerDay"]);
    let too_far = json!({ "duration_minutes": 60, "window": { "kind": "rolling_business_days", "days": 4000 } });
    check_offer(too_far, &["window.days"]);
}

//! What takes time: meetings with buffers, holds, outside events; and who is left.

use domain::availability::BusySource::External;

use crate::story::{Story, at, hold_until, host, meeting};

fn morning() -> Story {
    Story::of(30).host("UTC", "mon 09:00-12:00")
}

#[test]
fn a_busy_time_blocks_what_it_overlaps_and_nothing_that_it_touches() {
    morning().taken("2026-06-01T09:30/10:00", External).check("2026-06-01", "09:00 10:00 10:30 11:00 11:30");
    morning().taken("2026-06-01T09:29/10:01", External).check("2026-06-01", "10:30 11:00 11:30");
}

#[test]
fn nothing_that_takes_no_time_blocks() {
    let all = "09:00 09:30 10:00 10:30 11:00 11:30";
    morning().taken("2026-06-01T10:10/10:10", meeting(60, 60)).check("2026-06-01", all);
    morning().taken("2026-06-01T10:10/10:00", External).check("2026-06-01", all);
}

#[test]
fn buffers_of_the_meeting_and_of_the_offer_add_up() {
    // The meeting keeps 5 before and 10 after; the offer 20 before and 15 after: [10:30 - 5 - 15, 10:45 + 10 + 20).
    let story = morning().taken("2026-06-01T10:30/10:45", meeting(5, 10)).rules(|offer| {
        offer.interval_minutes = Some(5);
        offer.buffer_before_minutes = 20;
        offer.buffer_after_minutes = 15;
    });
    story.check("2026-06-01", "09:00 09:05 09:10 09:15 09:20 09:25 09:30 09:35 09:40 11:15 11:20 11:25 11:30");
}

#[test]
fn an_outside_event_has_no_buffers_but_the_offer_s_own_hold() {
    let story = morning().taken("2026-06-01T10:00/10:30", External).rules(|offer| offer.buffer_before_minutes = 30);
    story.check("2026-06-01", "09:00 09:30 11:00 11:30");
}

#[test]
fn buffers_reach_into_the_hours_from_outside() {
    let story = morning().taken("2026-06-01T08:00/08:30", meeting(0, 45));
    story.check("2026-06-01", "09:30 10:00 10:30 11:00 11:30");
}

#[test]
fn a_hold_blocks_until_the_instant_it_expires() {
    let story = morning().taken("2026-06-01T10:00/10:30", hold_until("2026-05-31T10:00:00Z"));
    story.clone().now("2026-05-31T09:59:59Z").check("2026-06-01", "09:00 09:30 10:30 11:00 11:30");
    story.now("2026-05-31T10:00:00Z").check("2026-06-01", "09:00 09:30 10:00 10:30 11:00 11:30");
}

#[test]
fn fractions_of_a_second_never_shorten_a_busy_time() {
    let mut story = morning().taken("2026-06-01T09:30/10:00", External);
    story.hosts[0].busy[0].end = at("2026-06-01T10:00:00.000001Z");
    story.check("2026-06-01", "09:00 10:30 11:00 11:30");
}

#[test]
fn a_round_robin_slot_names_each_host_who_is_free_for_all_of_it() {
    let story = Story::of(60)
        .host("UTC", "mon 09:00-11:00")
        .taken("2026-06-01T10:30/11:00", External)
        .host("UTC", "mon 09:00-12:00")
        .taken("2026-06-01T10:00/10:30", External);
    // 10:00 is half free for each of the two: it is not stitched together.
    story.check("2026-06-01", "09:00 11:00");
    let hosts: Vec<_> = story.on("2026-06-01").into_iter().map(|slot| slot.hosts).collect();
    assert_eq!(hosts, [vec![host(0), host(1)], vec![host(1)]]);
}

//! The cases that define the meaning of slots, by hand. Starts are UTC.

use domain::availability::by_day;

use crate::story::{Story, at, date_of, starts, zone_of};

#[test]
fn the_hour_that_new_york_skips_is_not_offered() {
    Story::of(30).host("America/New_York", "sun 01:00-04:00").check("2026-03-08", "06:00 06:30 07:00 07:30");
}

#[test]
fn the_hour_that_new_york_repeats_is_offered_twice() {
    let story = Story::of(60).host("America/New_York", "sun 00:00-03:00");
    story.check("2026-11-01", "04:00 05:00 06:00 07:00");
    let labels: Vec<String> =
        story.on("2026-11-01").iter().map(|slot| zone_of("America/New_York").local(slot.start).to_string()).collect();
    assert_eq!(labels.iter().filter(|label| label.ends_with("01:00:00")).count(), 2);
}

#[test]
fn a_day_has_as_many_slots_as_it_has_half_hours() {
    let story = Story::of(30).host("America/New_York", "mon-sun 00:00-24:00");
    for (date, count) in [("2026-03-08", 46), ("2026-03-09", 48), ("2026-11-01", 50)] {
        assert_eq!(story.on(date).len(), count, "{date}");
    }
    let year = story.between(at("2026-01-01T05:00:00Z"), at("2027-01-01T05:00:00Z"));
    let days = by_day(year, zone_of("America/New_York"));
    assert_eq!(days.len(), 365);
    let short = days.iter().find(|day| day.date == date_of("2026-03-08")).unwrap();
    assert_eq!(short.slots.len(), 46);
}

#[test]
fn cairo_opens_at_nine_on_the_day_without_a_midnight() {
    Story::of(60).host("Africa/Cairo", "fri 09:00-11:00").check("2026-04-24", "06:00 07:00");
}

#[test]
fn kolkata_is_the_same_for_every_viewer() {
    let story = Story::of(60).host("Asia/Kolkata", "tue 09:00-12:00");
    story.check("2026-06-02", "03:30 04:30 05:30");
    for viewer in ["Asia/Kolkata", "America/New_York", "Pacific/Kiritimati", "UTC"] {
        let buckets = by_day(story.on("2026-06-02"), zone_of(viewer));
        let all: Vec<_> = buckets.iter().flat_map(|day| day.slots.clone()).collect();
        assert_eq!(starts(&all), "03:30 04:30 05:30", "{viewer}");
    }
}

#[test]
fn new_york_and_london_meet_for_an_hour_longer_while_only_one_has_changed_its_clocks() {
    let story =
        Story::of(60).host("America/New_York", "mon-fri 09:00-17:00").host("Europe/London", "mon-fri 09:00-17:00");
    let both = |date| {
        let slots = story.on(date).into_iter().filter(|slot| slot.hosts.len() == 2);
        starts(&slots.collect::<Vec<_>>())
    };
    assert_eq!(both("2026-03-10"), "13:00 14:00 15:00 16:00");
    assert_eq!(both("2026-03-31"), "13:00 14:00 15:00");
}

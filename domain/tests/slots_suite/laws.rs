//! What holds for every schedule, offer and calendar.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use domain::availability::{
    Busy, BusySource, Intervals, OfferRules, Schedule, Slot, explain, first_slots, refusals, slots_within, takers,
};
use domain::ids::HostId;
use domain::time::Interval;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::arbitrary::{DAYS, story};
use crate::story::Story;

fn parts() -> impl Strategy<Value = Vec<Interval>> {
    vec((0..120_i64, -3..20_i64).prop_map(|(start, length)| Interval::new(start, start + length)), 0..12)
}

fn seconds(intervals: &[Interval]) -> BTreeSet<i64> {
    intervals.iter().flat_map(|interval| interval.start..interval.end).collect()
}

fn is_normal(intervals: &Intervals) -> bool {
    let sorted = intervals.as_slice().windows(2).all(|pair| pair[0].end < pair[1].start);
    sorted && intervals.as_slice().iter().all(|interval| !interval.is_empty())
}

fn listed(story: &Story, begin: DateTime<Utc>) -> Vec<Slot> {
    story.between(begin, begin + TimeDelta::days(DAYS))
}

/// The weekly hours, by looking at the wall clock; for schedules without overrides and travel.
fn is_open(schedule: &Schedule, at: DateTime<Utc>) -> bool {
    let local = schedule.zone.local(at);
    let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap();
    schedule.weekly.iter().any(|window| {
        let (start, end) = (window.start.minutes(), window.end.minutes());
        let overnight = end < start;
        let today = local.weekday() == window.weekday && start <= minute && (overnight || minute < end);
        today || (overnight && local.weekday() == window.weekday.succ() && minute < end)
    })
}

/// Whether a slot comes nearer to something taken than both of them ask for.
fn collides(slot: &Slot, busy: &Busy, offer: &OfferRules, now: DateTime<Utc>) -> bool {
    let expired = matches!(busy.source, BusySource::Hold { expires_at, .. } if expires_at <= now);
    if expired || busy.start == busy.end {
        return false;
    }
    let minutes = |count: u32| TimeDelta::minutes(i64::from(count));
    let own = busy.source.buffers();
    slot.start < busy.end + minutes(own.after_minutes) + minutes(offer.buffer_before_minutes)
        && busy.start - minutes(own.before_minutes) - minutes(offer.buffer_after_minutes) < slot.end
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn intervals_are_a_set_of_seconds(a in parts(), b in parts(), at in -5..150_i64, length in 1..10_i64) {
        let (x, y) = (seconds(&a), seconds(&b));
        let (a, b) = (Intervals::from_unsorted(a), Intervals::from_unsorted(b));
        prop_assert_eq!(seconds(a.as_slice()), x.clone());
        prop_assert_eq!(seconds(a.intersect(&b).as_slice()), x.intersection(&y).copied().collect());
        prop_assert_eq!(seconds(a.subtract(&b).as_slice()), x.difference(&y).copied().collect());
        prop_assert_eq!(a.contains(at), x.contains(&at));
        let span = Interval::new(at, at + length);
        prop_assert_eq!(a.meets(span), (at..at + length).any(|second| x.contains(&second)));
        prop_assert_eq!(
            seconds(a.starts_of(length).as_slice()),
            x.iter().copied().filter(|&start| (start..start + length).all(|second| x.contains(&second))).collect()
        );
        for result in [&a, &a.intersect(&b), &a.subtract(&b)] {
            prop_assert!(is_normal(result), "{:?}", result);
        }
    }

    #[test]
    fn slots_are_sorted_inside_the_range_and_as_long_as_the_offer_says((story, begin) in story()) {
        let slots = listed(&story, begin);
        prop_assert!(slots.windows(2).all(|pair| pair[0].start < pair[1].start));
        for slot in slots {
            prop_assert!(begin <= slot.start && slot.start < begin + TimeDelta::days(DAYS));
            prop_assert_eq!(slot.end - slot.start, story.offer.duration());
            prop_assert!(!slot.hosts.is_empty());
        }
    }

    #[test]
    fn a_slot_lies_inside_the_hours_of_each_host_it_names((mut story, begin) in story()) {
        for host in &mut story.hosts {
            host.schedule.overrides.clear();
            host.schedule.travel.clear();
        }
        for slot in listed(&story, begin) {
            for host in story.hosts.iter().filter(|host| slot.hosts.contains(&host.host)) {
                let mut minutes = (0..(slot.end - slot.start).num_minutes()).map(|n| slot.start + TimeDelta::minutes(n));
                prop_assert!(minutes.all(|minute| is_open(&host.schedule, minute)), "{:?}", slot);
            }
        }
    }

    #[test]
    fn a_slot_keeps_its_distance_from_everything_taken((story, begin) in story()) {
        for slot in listed(&story, begin) {
            for host in story.hosts.iter().filter(|host| slot.hosts.contains(&host.host)) {
                let collision = host.busy.iter().find(|busy| collides(&slot, busy, &story.offer, story.now));
                prop_assert_eq!(collision, None, "{:?}", slot);
            }
        }
    }

    #[test]
    fn listing_checking_one_start_and_refusing_it_agree((story, begin) in story(), step in 1..29_i64) {
        let offered: BTreeMap<DateTime<Utc>, Vec<HostId>> =
            listed(&story, begin).into_iter().map(|slot| (slot.start, slot.hosts)).collect();
        let others = (0..DAYS * 1440 / (step + 25)).map(|n| begin + TimeDelta::minutes(n * (step + 25)));
        for start in offered.keys().copied().chain(others) {
            let can: Vec<HostId> = offered.get(&start).cloned().unwrap_or_default();
            prop_assert_eq!(takers(&story.offer, &story.hosts, start, story.now), can.clone(), "{}", start);
            for host in &story.hosts {
                let reasons = refusals(&story.offer, host, start, story.now);
                prop_assert_eq!(reasons.is_empty(), can.contains(&host.host), "{} {:?}", start, reasons);
            }
        }
    }

    #[test]
    fn a_range_asked_for_in_two_parts_gives_the_same_slots((story, begin) in story(), cut in 0..DAYS * 1440) {
        let (cut, end) = (begin + TimeDelta::minutes(cut), begin + TimeDelta::days(DAYS));
        let mut parts = story.between(begin, cut);
        parts.extend(story.between(cut, end));
        prop_assert_eq!(parts, story.between(begin, end));
    }

    #[test]
    fn the_first_slots_are_the_beginning_of_all((story, begin) in story(), most in 0..40_usize) {
        let range = begin..begin + TimeDelta::days(DAYS);
        let mut all = story.between(range.start, range.end);
        all.truncate(most);
        prop_assert_eq!(first_slots(&story.offer, &story.hosts, range, story.now, most), all);
    }

    #[test]
    fn a_bound_lets_through_what_keeps_it_and_nothing_else((story, begin) in story()) {
        let range = begin..begin + TimeDelta::days(DAYS);
        let all = story.between(range.start, range.end);
        let starts = i64::try_from(all.iter().map(|slot| slot.hosts.len()).sum::<usize>()).unwrap();
        let within = |most| slots_within(&story.offer, &story.hosts, range.clone(), story.now, most);
        prop_assert_eq!(within(starts - 1), None);
        prop_assert_eq!(within(starts), Some(all));
    }

    #[test]
    fn what_is_explained_is_not_offered((story, begin) in story()) {
        let slots = listed(&story, begin);
        let explained = explain(&story.offer, &story.hosts, begin..begin + TimeDelta::days(DAYS), story.now);
        for entry in explained {
            prop_assert!(!entry.reasons.is_empty());
            let offered = slots.iter().find(|slot| slot.start == entry.start && slot.hosts.contains(&entry.host));
            prop_assert_eq!(offered, None, "{:?}", entry);
        }
    }
}

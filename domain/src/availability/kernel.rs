//! The kernel: which starts a host can take, as sets of instants, and the questions asked of it.
//!
//! Everything is set algebra until the grid is walked, so nothing scans the busy list per slot: for one host the cost
//! is O((busy + windows + slots) log (busy + windows)).

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::grid::Grid;
use super::hours::Hours;
use super::{HostCalendar, Intervals, OfferRules, booking_window, limits};
use crate::ids::HostId;
use crate::time::{Interval, ceil_second, instant};

/// A time that can be booked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Start of the meeting.
    pub start: DateTime<Utc>,
    /// End of the meeting.
    pub end: DateTime<Utc>,
    /// Who could take it, alone and for the whole time; in the order the hosts were given.
    pub hosts: Vec<HostId>,
}

/// The slots of `offer` that start in `range`, by start. Each host is free for the whole slot alone: a slot is never
/// stitched from two. The length of the range is the caller's to bound (`limits::AVAILABILITY_DAYS_MAX`).
pub fn slots(offer: &OfferRules, hosts: &[HostCalendar], range: Range<DateTime<Utc>>, now: DateTime<Utc>) -> Vec<Slot> {
    first_slots(offer, hosts, range, now, usize::MAX)
}

/// The first `most` of these slots. No more than `most` starts of a host are ever in memory.
pub fn first_slots(
    offer: &OfferRules,
    hosts: &[HostCalendar],
    range: Range<DateTime<Utc>>,
    now: DateTime<Utc>,
    most: usize,
) -> Vec<Slot> {
    let range = Interval::seconds_from(range.start, range.end);
    let mut starts: Vec<(i64, usize)> = Vec::new();
    for (index, host) in hosts.iter().enumerate() {
        let ground = Ground::survey(offer, host, range, now);
        let permitted = ground.permitted();
        // Of the first slots of all, none comes later than as many of one host's own.
        starts.extend(ground.grid.starts_in(&permitted).take(most).map(|start| (start, index)));
    }
    // A stable sort finds the sorted runs of the hosts and merges them; equal starts stay in the hosts' order.
    starts.sort_by_key(|&(start, _)| start);
    let slot = |same: &[(i64, usize)]| Slot {
        start: instant(same[0].0),
        end: instant(same[0].0 + offer.duration_seconds()),
        hosts: same.iter().map(|&(_, index)| hosts[index].host).collect(),
    };
    starts.chunk_by(|(a, _), (b, _)| a == b).map(slot).take(most).collect()
}

/// These slots, if no more than `most` starts of hosts make them up; `None` before the first is made otherwise. A slot
/// that three hosts can take counts three times, as it does in memory.
pub fn slots_within(
    offer: &OfferRules,
    hosts: &[HostCalendar],
    range: Range<DateTime<Utc>>,
    now: DateTime<Utc>,
    most: i64,
) -> Option<Vec<Slot>> {
    let whole = Interval::seconds_from(range.start, range.end);
    let starts_of = |host| {
        let ground = Ground::survey(offer, host, whole, now);
        ground.grid.count_in(&ground.permitted())
    };
    let starts: i64 = hosts.iter().map(starts_of).sum();
    (starts <= most).then(|| slots(offer, hosts, range, now))
}

/// Who can take a meeting that starts at exactly `start`. It lists the one-second range, so it cannot disagree with
/// [`slots`]; an instant off the grid, or with a fraction of a second, has no takers.
pub fn takers(offer: &OfferRules, hosts: &[HostCalendar], start: DateTime<Utc>, now: DateTime<Utc>) -> Vec<HostId> {
    let listed = slots(offer, hosts, start..start + TimeDelta::seconds(1), now);
    listed.into_iter().find(|slot| slot.start == start).map(|slot| slot.hosts).unwrap_or_default()
}

/// Everything that decides about one host's starts in a range.
pub(super) struct Ground {
    /// Open time and its grid.
    pub(super) grid: Grid,
    /// Length of the meeting in seconds.
    pub(super) duration: i64,
    /// Taken time with all buffers.
    pub(super) blocked: Intervals,
    /// From here on the notice is kept.
    pub(super) notice_until: i64,
    /// Starts inside the booking window.
    pub(super) window: Intervals,
    /// Starts in a day, week or month that is full.
    pub(super) full: Intervals,
    range: Interval,
}

impl Ground {
    /// Looks at one host. Everything but `busy` is cut to starts inside `range`.
    pub(super) fn survey(offer: &OfferRules, host: &HostCalendar, range: Interval, now: DateTime<Utc>) -> Self {
        let zone = host.schedule.zone;
        let around = Interval::new(range.start - limits::PERIOD_SECONDS_MAX, range.end + limits::PERIOD_SECONDS_MAX);
        let pieces = zone.pieces(around);
        let padded = host.busy.iter().filter_map(|busy| busy.padded(offer, now)).collect();
        Self {
            grid: Grid::lay(offer, &Hours::of(&host.schedule), zone, range),
            duration: offer.duration_seconds(),
            blocked: Intervals::from_unsorted(padded),
            notice_until: ceil_second(now) + i64::from(offer.notice_minutes) * 60,
            window: booking_window::starts(&offer.window, zone, &pieces, range, now),
            full: limits::full(offer, &host.counted, &pieces, range),
            range,
        }
    }

    /// The instants at which a meeting may start: inside the hours, free throughout, soon and late enough, not over
    /// a limit. Those of them that lie on the grid are the slots.
    fn permitted(&self) -> Intervals {
        let in_time = Intervals::one(Interval::new(self.notice_until.max(self.range.start), self.range.end));
        let free = self.grid.open.subtract(&self.blocked);
        free.starts_of(self.duration).intersect(&in_time).intersect(&self.window).subtract(&self.full)
    }
}

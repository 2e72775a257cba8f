//! Why a time is not offered. It asks the kernel's own sets one by one, where listing only asks their combination.

use std::ops::Range;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::hours::Hours;
use super::kernel::Ground;
use super::{Busy, BusySource, HostCalendar, Intervals, OfferRules};
use crate::ids::HostId;
use crate::time::{Interval, instant};

/// Why a host cannot take a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// The weekly hours are closed then, or end before the meeting would.
    OutsideHours,
    /// The weekly hours would allow it, but the date has other hours.
    Override,
    /// It lies in the hours, but not on the grid of starts.
    OffGrid,
    /// A meeting, an event of an outside calendar or out-of-office takes the time.
    Busy,
    /// It comes too close to something that takes time.
    Buffer,
    /// Somebody is about to book it.
    Held,
    /// Too soon, or past.
    Notice,
    /// Outside the booking window.
    Window,
    /// The day, week or month is full.
    Limit,
}

/// A time at which one host is not offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    /// Start of the refused grid slot, or of a closed stretch.
    pub start: DateTime<Utc>,
    /// End of it.
    pub end: DateTime<Utc>,
    /// Whose it is.
    pub host: HostId,
    /// All reasons, in the order of [`Reason`]; at least one.
    pub reasons: Vec<Reason>,
    /// What takes the time, for those who may see it. Empty unless the reasons contain [`Reason::Busy`].
    pub taken_by: Vec<TakenBy>,
}

/// Kinds of things that take time. Never which one: that is for its owner's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakenBy {
    /// A meeting of ours.
    Meeting,
    /// An event of an outside calendar, or out-of-office.
    External,
}

/// Everything in `range` that is not offered: each refused grid slot that starts in it, and each closed stretch of it
/// (where there is no grid) as one entry with `OutsideHours` or `Override`. By start, then in the order of the hosts.
pub fn explain(
    offer: &OfferRules,
    hosts: &[HostCalendar],
    range: Range<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<Explained> {
    let range = Interval::seconds_from(range.start, range.end);
    let mut explained = Vec::new();
    for host in hosts {
        let causes = Causes::of(offer, host, range, now);
        explained.extend(causes.closed(range));
        explained.extend(causes.refused_slots(range));
    }
    explained.sort_by_key(|entry| entry.start);
    explained
}

/// Why one host cannot take a meeting that starts at exactly `start`; empty when they can.
pub fn refusals(offer: &OfferRules, host: &HostCalendar, start: DateTime<Utc>, now: DateTime<Utc>) -> Vec<Reason> {
    let at = start.timestamp();
    let range = Interval::new(at, at + 1);
    let causes = Causes::of(offer, host, range, now);
    let mut reasons = causes.reasons(at);
    let on_grid = causes.ground.grid.starts_in(&Intervals::one(range)).next() == Some(at);
    if (!on_grid || start != instant(at)) && causes.open_starts.contains(at) {
        reasons.push(Reason::OffGrid);
        reasons.sort_unstable();
    }
    reasons
}

/// The kernel's sets, and the finer ones that only an explanation needs.
struct Causes {
    host: HostId,
    ground: Ground,
    /// Where a meeting fits into the hours that hold.
    open_starts: Intervals,
    /// The hours without overrides.
    usual: Intervals,
    meetings: Intervals,
    external: Intervals,
    holds: Intervals,
}

impl Causes {
    fn of(offer: &OfferRules, host: &HostCalendar, range: Interval, now: DateTime<Utc>) -> Self {
        let ground = Ground::survey(offer, host, range, now);
        let cores = |wanted: fn(&Busy) -> bool| {
            let cores = host.busy.iter().filter(|busy| wanted(busy)).filter_map(|busy| busy.core(now));
            Intervals::from_unsorted(cores.collect())
        };
        let reach = Interval::new(range.start, range.end + ground.duration);
        Self {
            host: host.host,
            open_starts: ground.grid.open.starts_of(ground.duration),
            usual: Hours::without_overrides(&host.schedule).open(reach),
            meetings: cores(|busy| matches!(busy.source, BusySource::Meeting(_))),
            external: cores(|busy| matches!(busy.source, BusySource::External)),
            holds: cores(|busy| matches!(busy.source, BusySource::Hold { .. })),
            ground,
        }
    }

    /// What speaks against a start at `at`, leaving the grid aside.
    fn reasons(&self, at: i64) -> Vec<Reason> {
        let Ground { duration, blocked, notice_until, window, full, .. } = &self.ground;
        let meeting = Interval::new(at, at + duration);
        let closed = !self.open_starts.contains(at);
        let usually_open = self.usual.starts_of(*duration).contains(at);
        let busy = self.meetings.meets(meeting) || self.external.meets(meeting);
        let held = self.holds.meets(meeting);
        let against = [
            (Reason::OutsideHours, closed && !usually_open),
            (Reason::Override, closed && usually_open),
            (Reason::Busy, busy),
            (Reason::Buffer, blocked.meets(meeting) && !busy && !held),
            (Reason::Held, held),
            (Reason::Notice, at < *notice_until),
            (Reason::Window, !window.contains(at)),
            (Reason::Limit, full.contains(at)),
        ];
        against.into_iter().filter_map(|(reason, applies)| applies.then_some(reason)).collect()
    }

    fn refused_slots(&self, range: Interval) -> Vec<Explained> {
        let all = Intervals::one(range);
        let refused = self.ground.grid.starts_in(&all).filter_map(|at| {
            let reasons = self.reasons(at);
            let slot = Interval::new(at, at + self.ground.duration);
            (!reasons.is_empty()).then(|| self.entry(slot, reasons))
        });
        refused.collect()
    }

    fn closed(&self, range: Interval) -> Vec<Explained> {
        let closed = Intervals::one(range).subtract(&self.ground.grid.open);
        let stretches =
            [(closed.subtract(&self.usual), Reason::OutsideHours), (closed.intersect(&self.usual), Reason::Override)];
        let entries = stretches
            .iter()
            .flat_map(|(times, reason)| times.as_slice().iter().map(|&stretch| self.entry(stretch, vec![*reason])));
        entries.collect()
    }

    fn entry(&self, time: Interval, reasons: Vec<Reason>) -> Explained {
        let mut taken_by = Vec::new();
        if reasons.contains(&Reason::Busy) {
            taken_by.extend(self.meetings.meets(time).then_some(TakenBy::Meeting));
            taken_by.extend(self.external.meets(time).then_some(TakenBy::External));
        }
        Explained { start: time.starts_at(), end: time.ends_at(), host: self.host, reasons, taken_by }
    }
}

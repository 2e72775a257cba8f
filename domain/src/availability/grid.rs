//! The grid of starts: anchored at the start of each maximal open interval, in steps of elapsed time.
//!
//! A host who is open around the clock has no such start. Their grid begins at the local New Year of the year before:
//! a rule that depends on the instant asked about and not on the range of the query, so that listing a month and
//! checking one start agree. It reaches back a year at least, so no ordinary schedule ever meets it.

use chrono::{Datelike, NaiveDate};

use super::hours::Hours;
use super::{Intervals, OfferRules};
use crate::time::{Interval, SECONDS_PER_DAY, Zone, day_number};

/// How far back to look for the start of the open interval that reaches into the range: first this, then eight times
/// as far, and so on. Two days hold the longest shift that does not touch the one before it.
const LOOK_BACK_SECONDS: i64 = 2 * SECONDS_PER_DAY;

/// A stretch of the grid with one anchor.
struct Run {
    anchor: i64,
    /// Grid starts of this run lie in here.
    starts: Interval,
}

/// All grid starts of one host in a range, and the open time they are laid on.
pub(super) struct Grid {
    /// Open time: complete from the first anchor to one meeting's length after the range.
    pub(super) open: Intervals,
    runs: Vec<Run>,
    step: i64,
}

impl Grid {
    /// Lays the grid of `offer` on `hours` for starts inside `range`. `zone` is the schedule's.
    pub(super) fn lay(offer: &OfferRules, hours: &Hours, zone: Zone, range: Interval) -> Self {
        let year_at = |at: Interval| zone.local_date(at.starts_at()).year();
        let first_year = year_at(range);
        let last_year = year_at(Interval::new(range.end, range.end));
        let until = range.end + offer.duration_seconds();
        let open = open_with_anchors(hours, range.start, until, new_year(zone, first_year - 1));
        let mut runs = Vec::new();
        for year in first_year..=last_year {
            let from = if year == first_year { range.start } else { new_year(zone, year) };
            let to = if year == last_year { range.end } else { new_year(zone, year + 1) };
            let earliest = new_year(zone, year - 1);
            let parts = open
                .as_slice()
                .iter()
                .map(|part| Run { anchor: part.start.max(earliest), starts: part.overlap(Interval::new(from, to)) });
            runs.extend(parts.filter(|run| !run.starts.is_empty()));
        }
        Self { open, runs, step: offer.step_seconds() }
    }

    /// The grid starts that lie in `permitted`, in order.
    pub(super) fn starts_in<'a>(&'a self, permitted: &'a Intervals) -> impl Iterator<Item = i64> + 'a {
        self.parts(permitted).flat_map(|(run, part)| run.starts_in(part, self.step))
    }

    /// How many grid starts lie in `permitted`, without walking them.
    pub(super) fn count_in(&self, permitted: &Intervals) -> i64 {
        self.parts(permitted).map(|(run, part)| run.count_in(part, self.step)).sum()
    }

    /// What `permitted` leaves of each run, in order.
    fn parts<'a>(&'a self, permitted: &'a Intervals) -> impl Iterator<Item = (&'a Run, Interval)> + 'a {
        self.runs.iter().flat_map(move |run| {
            let permitted = permitted.as_slice();
            let first = permitted.partition_point(|part| part.end <= run.starts.start);
            let meeting = permitted[first..].iter().take_while(|part| part.start < run.starts.end);
            meeting.map(move |part| (run, part.overlap(run.starts)))
        })
    }
}

impl Run {
    /// The grid starts inside `part`, which is a part of this run.
    fn starts_in(&self, part: Interval, step: i64) -> impl Iterator<Item = i64> + use<> {
        let first = self.first_in(part, step);
        (0..).map(move |count| first + count * step).take_while(move |&start| start < part.end)
    }

    fn count_in(&self, part: Interval, step: i64) -> i64 {
        (part.end - self.first_in(part, step) + step - 1).max(0) / step
    }

    fn first_in(&self, part: Interval, step: i64) -> i64 {
        let steps = (part.start - self.anchor + step - 1) / step;
        self.anchor + steps * step
    }
}

/// The open time from the anchor of whatever is open at `start` up to `until`, looking back to `earliest` at most.
fn open_with_anchors(hours: &Hours, start: i64, until: i64, earliest: i64) -> Intervals {
    let mut look_back = LOOK_BACK_SECONDS;
    loop {
        let from = (start - look_back).max(earliest);
        let open = hours.open(Interval::new(from, until));
        let may_begin_before = open.as_slice().first().is_some_and(|first| first.start == from && start < first.end);
        if !may_begin_before || from == earliest {
            return open;
        }
        look_back *= 8;
    }
}

/// The first instant of a year on the wall clock of `zone`.
fn new_year(zone: Zone, year: i32) -> i64 {
    let label = day_number(NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or(NaiveDate::MIN)) * SECONDS_PER_DAY;
    // Two days of labels: no zone has skipped more than one date at once.
    let labels = label..label + 2 * SECONDS_PER_DAY;
    let reach = Interval::new(labels.start - SECONDS_PER_DAY, labels.end + SECONDS_PER_DAY);
    zone.pieces(reach).showing(labels).next().map_or(label, |first| first.start)
}

//! A zone as a list of constant-offset pieces, and what follows from it by integer arithmetic.
//!
//! Inside a piece a wall clock runs like UTC, shifted. So "all instants at which the local clock shows something in
//! this range" is a shifted range cut to each piece: none, one or several intervals. Gaps, repeated hours, missing
//! midnights and skipped days need no case of their own.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use jiff::Timestamp;

use super::{Interval, LocalTime, SECONDS_PER_DAY, Zone, day_number};

/// No offset is as large as this: IANA's extremes are -15:56:08 and +15:13:42 (Manila and Juneau before 1867).
const OFFSET_SECONDS_MAX: i64 = SECONDS_PER_DAY;

/// A stretch of UTC time in which a zone's offset does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// The stretch.
    pub utc: Interval,
    /// Local time minus UTC, in seconds.
    pub offset: i64,
}

/// The pieces of one zone over a range: sorted, without holes, neighbours with different offsets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces(Vec<Piece>);

impl Zone {
    /// Local time minus UTC at an instant, in seconds.
    pub fn offset_at(self, at: DateTime<Utc>) -> i64 {
        i64::from(self.rules().to_offset(timestamp(at.timestamp())).seconds())
    }

    /// What a calendar and a clock on the wall show at an instant.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        let utc = at.naive_utc();
        utc.checked_add_signed(TimeDelta::seconds(self.offset_at(at))).unwrap_or(utc)
    }

    /// What the calendar on the wall shows at an instant.
    pub fn local_date(self, at: DateTime<Utc>) -> NaiveDate {
        self.local(at).date()
    }

    /// The constant-offset pieces of `range`. Its length is for the caller to bound.
    pub fn pieces(self, range: Interval) -> Pieces {
        let mut pieces: Vec<Piece> = Vec::with_capacity(4);
        let mut start = range.start;
        let mut offset = i64::from(self.rules().to_offset(timestamp(range.start)).seconds());
        let transitions = self.rules().following(timestamp(range.start));
        for transition in transitions.take_while(|transition| transition.timestamp().as_second() < range.end) {
            // A transition may change only the abbreviation; that is no new piece.
            let next = i64::from(transition.offset().seconds());
            if next != offset {
                let end = transition.timestamp().as_second();
                pieces.push(Piece { utc: Interval::new(start, end), offset });
                (start, offset) = (end, next);
            }
        }
        pieces.push(Piece { utc: Interval::new(start, range.end), offset });
        Pieces(pieces)
    }

    /// All instants whose local date is `date` and whose local clock lies in `[from, to)`: no interval, one or
    /// several, in UTC order and apart from each other.
    pub fn instants_of(self, date: NaiveDate, from: LocalTime, to: LocalTime) -> Vec<Interval> {
        let midnight = day_number(date) * SECONDS_PER_DAY;
        let labels = midnight + from.seconds()..midnight + to.seconds();
        let mut instants: Vec<Interval> = Vec::new();
        for part in self.pieces(reach(&labels)).showing(labels) {
            match instants.last_mut() {
                // A whole window before the clock is set back and the same window after it follow each other.
                Some(last) if last.end == part.start => last.end = part.end,
                _ => instants.push(part),
            }
        }
        instants
    }
}

impl Pieces {
    /// The pieces themselves.
    pub fn as_slice(&self) -> &[Piece] {
        &self.0
    }

    /// Local time minus UTC at the second `at`; outside the range, that of the nearest piece.
    pub fn offset_at(&self, at: i64) -> i64 {
        let index = self.0.partition_point(|piece| piece.utc.end <= at);
        self.0.get(index).or(self.0.last()).map_or(0, |piece| piece.offset)
    }

    /// The local date at the second `at`, as a day number (see [`day_number`]).
    pub fn day_at(&self, at: i64) -> i64 {
        (at + self.offset_at(at)).div_euclid(SECONDS_PER_DAY)
    }

    /// All instants inside the range whose wall clock shows a label in `labels`. A label is a local date and time,
    /// counted in seconds as if it were UTC. In UTC order; two that touch are not merged here.
    pub fn showing(&self, labels: Range<i64>) -> impl Iterator<Item = Interval> + '_ {
        let reach = reach(&labels);
        let first = self.0.partition_point(move |piece| piece.utc.end <= reach.start);
        self.0[first..].iter().take_while(move |piece| piece.utc.start < reach.end).filter_map(move |piece| {
            let shifted = Interval::new(labels.start - piece.offset, labels.end - piece.offset);
            let part = shifted.overlap(piece.utc);
            (!part.is_empty()).then_some(part)
        })
    }
}

/// The UTC range outside which no clock on Earth shows any of `labels`.
pub(super) fn reach(labels: &Range<i64>) -> Interval {
    Interval::new(labels.start - OFFSET_SECONDS_MAX, labels.end + OFFSET_SECONDS_MAX)
}

/// `jiff` covers the years -9999 to 9999; what lies beyond has the rules of the edge.
fn timestamp(second: i64) -> Timestamp {
    let edge = if second < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(second).unwrap_or(edge)
}

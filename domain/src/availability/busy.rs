//! What takes a host's time, and what counts towards their limits.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{OfferRules, Schedule};
use crate::ids::HostId;
use crate::time::Interval;

/// Everything the kernel has to know about one host. The store loads it in one round trip for all hosts of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCalendar {
    /// Whose it is.
    pub host: HostId,
    /// When they work.
    pub schedule: Schedule,
    /// What takes their time, in any order, overlapping or not: all rows whose buffers, theirs and the offer's,
    /// reach into the queried range. The meeting that is being rescheduled and the caller's own hold are left out.
    #[serde(default)]
    pub busy: Vec<Busy>,
    /// The meetings that count towards the offer's limits: all that start in the days, weeks and months that the
    /// range touches.
    #[serde(default)]
    pub counted: Vec<CountedMeeting>,
}

/// A time taken. One that does not end after it starts takes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Busy {
    /// First instant taken.
    pub start: DateTime<Utc>,
    /// First instant free again.
    pub end: DateTime<Utc>,
    /// By what.
    pub source: BusySource,
}

/// What takes the time. Time taken elsewhere has no buffers of its own, so it cannot carry any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BusySource {
    /// A meeting of ours.
    Meeting(Buffers),
    /// Somebody's hold. It blocks until `expires_at`, that instant excluded.
    Hold {
        /// When it stops to block.
        expires_at: DateTime<Utc>,
        /// Buffers of the offer that is held.
        buffers: Buffers,
    },
    /// An event of an outside calendar, or out-of-office.
    External,
}

/// The free time that a meeting asks for around itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Buffers {
    /// Before it.
    pub before_minutes: u32,
    /// After it.
    pub after_minutes: u32,
}

/// A meeting that counts towards a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedMeeting {
    /// Its start decides the day, week and month it counts in.
    pub start: DateTime<Utc>,
    /// Its length.
    pub duration_minutes: u32,
}

impl Busy {
    /// The time itself, without buffers; `None` when it takes nothing (at `now`).
    pub(super) fn core(&self, now: DateTime<Utc>) -> Option<Interval> {
        let expired = matches!(self.source, BusySource::Hold { expires_at, .. } if expires_at <= now);
        (!expired && self.start < self.end).then(|| Interval::covering(self.start, self.end))
    }

    /// The time at which a new meeting of `offer` must not take place. Buffers are additive: with `b1`, `a1` of the
    /// row and `b2`, `a2` of the offer it is `[start - b1 - a2, end + a1 + b2)`.
    pub(super) fn padded(&self, offer: &OfferRules, now: DateTime<Utc>) -> Option<Interval> {
        let core = self.core(now)?;
        let own = self.source.buffers();
        let before = i64::from(own.before_minutes) + i64::from(offer.buffer_after_minutes);
        let after = i64::from(own.after_minutes) + i64::from(offer.buffer_before_minutes);
        Some(Interval::new(core.start - before * 60, core.end + after * 60))
    }
}

impl BusySource {
    /// Its own buffers; none for time taken elsewhere.
    pub fn buffers(self) -> Buffers {
        match self {
            Self::Meeting(buffers) | Self::Hold { buffers, .. } => buffers,
            Self::External => Buffers::default(),
        }
    }
}

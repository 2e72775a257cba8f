//! The course of one execution through the log: where it begins and ends, and how far it has come.
//!
//! The document says where a subscription begins, and only its resolver can read that. So the resolver sets out on the
//! course that it finds in its request, after its guards: a caller who may not follow never gets as far as a group.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::groups::{Ask, Group, Groups, Key};

/// One execution's course.
pub(crate) struct Course {
    kind: Kind,
    reached: AtomicI64,
    /// Whether it waits for the log, and may do so for ever.
    waits: AtomicBool,
    /// Counts whatever happens on it.
    steps: AtomicU64,
}

enum Kind {
    /// From where the document says, or from `begin`, for ever.
    Alone { begin: Option<i64> },
    /// From where the document says, or from `begin`, to where a group can take over.
    Joining { groups: Groups, key: Key, ask: Ask, begin: Option<i64>, met: Mutex<Option<Meeting>> },
    /// From here, whatever the document says: to there, or for ever.
    Fixed { start: i64, end: Option<i64> },
}

/// Where an execution that began after `start` hands over to a group: whoever has everything up to `position` goes on
/// with the group there.
#[derive(Clone)]
pub(super) struct Meeting {
    pub(super) group: Arc<Group>,
    pub(super) start: i64,
    pub(super) position: i64,
}

impl Course {
    /// A course that shares nothing, after the position `begin` if there is one.
    pub(crate) fn alone(begin: Option<i64>) -> Self {
        Self::of(Kind::Alone { begin })
    }

    pub(super) fn joining(groups: Groups, key: Key, ask: Ask, begin: Option<i64>) -> Self {
        Self::of(Kind::Joining { groups, key, ask, begin, met: Mutex::new(None) })
    }

    pub(super) fn fixed(start: i64, end: Option<i64>) -> Self {
        let course = Self::of(Kind::Fixed { start, end });
        course.reach(start);
        course
    }

    fn of(kind: Kind) -> Self {
        Self { kind, reached: AtomicI64::new(0), waits: AtomicBool::new(false), steps: AtomicU64::new(0) }
    }

    /// Begins, where `start` is what the document says: the position after which to read, and the last one to read.
    pub(super) fn set_out(&self, start: i64, newest: i64) -> (i64, Option<i64>) {
        match &self.kind {
            Kind::Alone { begin } => (begin.map_or(start, |begin| begin.min(newest)), None),
            Kind::Fixed { start, end } => (*start, *end),
            Kind::Joining { groups, key, ask, begin, met } => {
                let start = begin.map_or(start, |begin| begin.min(newest));
                let meeting = groups.join(key, ask, start, newest);
                let end = meeting.position;
                *met.lock().unwrap_or_else(PoisonError::into_inner) = Some(meeting);
                (start, Some(end))
            }
        }
    }

    /// Everything up to this position has been handed over to the execution.
    pub(super) fn reach(&self, position: i64) {
        self.reached.store(position, Ordering::Release);
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// It waits for the log to grow, or does so no longer.
    pub(super) fn wait(&self, waits: bool) {
        self.waits.store(waits, Ordering::Release);
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns when the execution has been at one and the same event for longer than `patience`: a read that it waits
    /// for will not be answered any more.
    pub(super) async fn stuck(&self, patience: Duration) {
        loop {
            let before = self.steps.load(Ordering::Relaxed);
            tokio::time::sleep(patience).await;
            if self.steps.load(Ordering::Relaxed) == before && !self.waits.load(Ordering::Acquire) {
                return;
            }
        }
    }

    /// How far the execution has come. While one of its results is being looked at, that result's position.
    pub(super) fn reached(&self) -> i64 {
        self.reached.load(Ordering::Acquire)
    }

    /// The group that it leads to, once the resolver has set out.
    pub(super) fn meeting(&self) -> Option<Meeting> {
        match &self.kind {
            Kind::Joining { met, .. } => met.lock().unwrap_or_else(PoisonError::into_inner).clone(),
            Kind::Alone { .. } | Kind::Fixed { .. } => None,
        }
    }
}

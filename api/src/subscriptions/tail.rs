//! The newest events of one workspace, in memory, shared by its streams.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};

use domain::events::Event;
use tokio::sync::watch;

/// Events kept for streams that are a little behind; those further behind read the log.
const KEPT: usize = 1024;

/// The end of a log.
pub(super) struct Tail {
    events: RwLock<VecDeque<Arc<Event>>>,
    head: watch::Sender<i64>,
}

impl Tail {
    /// A tail that knows nothing after `position` yet.
    pub(super) fn new(position: i64) -> Self {
        Self { events: RwLock::default(), head: watch::Sender::new(position) }
    }

    /// The position of the newest event that was read.
    pub(super) fn head(&self) -> i64 {
        *self.head.borrow()
    }

    /// Tells when the head moves.
    pub(super) fn watch(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// Adds what was read after the head.
    pub(super) fn extend(&self, batch: Vec<Arc<Event>>) {
        let Some(newest) = batch.last().map(|event| event.position) else { return };
        let mut events = self.events.write().unwrap_or_else(PoisonError::into_inner);
        events.extend(batch);
        let surplus = events.len().saturating_sub(KEPT);
        events.drain(..surplus);
        drop(events);
        self.head.send_replace(newest);
    }

    /// What comes right after `position`; nothing when the tail no longer reaches back that far.
    pub(super) fn after(&self, position: i64) -> Vec<Arc<Event>> {
        let events = self.events.read().unwrap_or_else(PoisonError::into_inner);
        match events.front() {
            Some(oldest) if oldest.position <= position + 1 => {
                events.iter().filter(|event| event.position > position).cloned().collect()
            }
            _ => Vec::new(),
        }
    }
}

//! How many of something each client has: sockets, subscriptions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts by client; clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally(Arc<Mutex<Counted>>);

#[derive(Debug, Default)]
struct Counted {
    all: usize,
    by_client: HashMap<Arc<str>, usize>,
}

/// How many there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    pub all: usize,
    pub each: usize,
}

/// Counts as one until it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    tally: Tally,
    client: Option<Arc<str>>,
}

impl Tally {
    /// One more, if there is room for it; without a client only that of all.
    pub(super) fn enter(&self, client: Option<&str>, room: Room) -> Option<Seat> {
        let mut counted = self.counted();
        if counted.all >= room.all {
            return None;
        }
        let client = client.map(|client| {
            let known = counted.by_client.get_key_value(client).map(|(known, _)| Arc::clone(known));
            known.unwrap_or_else(|| Arc::from(client))
        });
        if let Some(client) = &client {
            let count = counted.by_client.entry(Arc::clone(client)).or_default();
            if *count >= room.each {
                return None;
            }
            *count += 1;
        }
        counted.all += 1;
        Some(Seat { tally: self.clone(), client })
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        // Numbers cannot be half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counted = self.tally.counted();
        counted.all = counted.all.saturating_sub(1);
        let Some(client) = &self.client else { return };
        if let Some(count) = counted.by_client.get_mut(client) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                counted.by_client.remove(client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_has_so_many_and_all_have_so_many() {
        let (tally, room) = (Tally::default(), Room { all: 3, each: 2 });
        let first = tally.enter(Some("a"), room).unwrap();
        let second = tally.enter(Some("a"), room).unwrap();
        assert!(tally.enter(Some("a"), room).is_none());
        let third = tally.enter(Some("b"), room).unwrap();
        assert!(tally.enter(Some("c"), room).is_none());
        drop(first);
        let nobodys = tally.enter(None, room).unwrap();
        assert!(tally.enter(Some("c"), room).is_none());
        drop((second, third, nobodys));
        assert!(tally.counted().by_client.is_empty());
        assert_eq!(tally.counted().all, 0);
    }
}

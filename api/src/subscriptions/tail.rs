//! The end of a log, in memory: the newest of what has a place, shared by all who follow.

use std::collections::VecDeque;
use std::sync::{PoisonError, RwLock};

use tokio::sync::watch;

/// Items kept for followers that are a little behind; those further behind read the log.
const KEPT: usize = 1024;
/// Where the head of a tail stands that will not grow any more.
const ENDED: i64 = i64::MAX;

/// Something with a place in a log.
pub(super) trait Placed: Clone {
    /// Its place.
    fn position(&self) -> i64;
    /// Its share of the memory that a tail may take.
    fn bytes(&self) -> usize {
        0
    }
}

/// The newest items after a position that only grows.
pub(super) struct Tail<T> {
    kept: RwLock<Kept<T>>,
    head: watch::Sender<i64>,
    /// Bytes for each follower: the more share a tail, the more of it is worth keeping.
    bytes_each: usize,
}

struct Kept<T> {
    /// Everything after this position is here.
    floor: i64,
    items: VecDeque<T>,
    bytes: usize,
}

impl<T: Placed> Tail<T> {
    /// A tail that knows nothing after `position` yet.
    pub(super) fn new(position: i64, bytes_each: usize) -> Self {
        let kept = Kept { floor: position, items: VecDeque::new(), bytes: 0 };
        Self { kept: RwLock::new(kept), head: watch::Sender::new(position), bytes_each }
    }

    /// The position of the newest item.
    pub(super) fn head(&self) -> i64 {
        *self.head.borrow()
    }

    /// Tells when the head moves.
    pub(super) fn watch(&self) -> watch::Receiver<i64> {
        self.head.subscribe()
    }

    /// Adds what comes after the head.
    pub(super) fn extend(&self, batch: Vec<T>) {
        let Some(newest) = batch.last().map(Placed::position) else { return };
        let bytes_max = self.bytes_each.saturating_mul(self.head.receiver_count().max(1));
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += batch.iter().map(Placed::bytes).sum::<usize>();
        kept.items.extend(batch);
        // The newest is kept in any case: without it every follower would have to make it anew.
        while kept.items.len() > KEPT || (kept.bytes > bytes_max && kept.items.len() > 1) {
            let Some(oldest) = kept.items.pop_front() else { break };
            kept.bytes -= oldest.bytes();
            kept.floor = oldest.position();
        }
        drop(kept);
        self.head.send_replace(newest);
    }

    /// What lies up to `position` cannot be had any more: followers find that out in the log.
    pub(super) fn skip(&self, position: i64) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        *kept = Kept { floor: position, items: VecDeque::new(), bytes: 0 };
        drop(kept);
        self.head.send_replace(position);
    }

    /// What comes after `position`; `None` when the tail no longer reaches back that far.
    pub(super) fn after(&self, position: i64) -> Option<Vec<T>> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if position < kept.floor {
            return None;
        }
        let start = kept.items.partition_point(|item| item.position() <= position);
        Some(kept.items.range(start..).cloned().collect())
    }

    /// From where on the tail can serve somebody who has everything up to `position`: from there, or from the head.
    pub(super) fn meeting_point(&self, position: i64) -> i64 {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        if position < kept.floor { self.head() } else { position }
    }

    /// Nothing more will come; followers are told.
    pub(super) fn end(&self) {
        self.head.send_replace(ENDED);
    }

    /// Whether nothing more will come.
    pub(super) fn has_ended(&self) -> bool {
        self.head() == ENDED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Placed for (i64, &'static str) {
        fn position(&self) -> i64 {
            self.0
        }
        fn bytes(&self) -> usize {
            self.1.len()
        }
    }

    /// What a tail with ten bytes for each follower has after a position, as text.
    fn check(tail: &Tail<(i64, &'static str)>, position: i64, expected: Option<&str>) {
        let found = tail.after(position);
        let found =
            found.map(|items| items.iter().map(|(at, text)| format!("{at}{text}")).collect::<Vec<_>>().concat());
        assert_eq!(found.as_deref(), expected, "after {position}");
    }

    #[test]
    fn a_tail_has_what_fits_and_says_what_it_does_not_have() {
        let tail = Tail::new(3, 10);
        check(&tail, 3, Some(""));
        check(&tail, 2, None);
        tail.extend(vec![(4, "aaaa"), (7, "bbbb")]);
        check(&tail, 3, Some("4aaaa7bbbb"));
        check(&tail, 5, Some("7bbbb"));
        tail.extend(vec![(8, "cccc")]);
        check(&tail, 3, None);
        check(&tail, 4, Some("7bbbb8cccc"));
        assert_eq!((tail.meeting_point(3), tail.meeting_point(5), tail.head()), (8, 5, 8));
    }

    #[test]
    fn the_newest_is_there_however_large_it_is() {
        let tail = Tail::new(0, 10);
        tail.extend(vec![(1, "aaaa"), (2, "bbbbbbbbbbbb")]);
        check(&tail, 0, None);
        check(&tail, 1, Some("2bbbbbbbbbbbb"));
    }

    #[test]
    fn a_gap_empties_a_tail() {
        let tail = Tail::new(0, 10);
        tail.extend(vec![(1, "a")]);
        tail.skip(5);
        check(&tail, 1, None);
        check(&tail, 5, Some(""));
    }

    #[test]
    fn followers_share_the_memory() {
        let tail = Tail::new(0, 10);
        let _followers = [tail.watch(), tail.watch()];
        tail.extend(vec![(1, "aaaaaaaa"), (2, "bbbbbbbb")]);
        check(&tail, 0, Some("1aaaaaaaa2bbbbbbbb"));
    }
}

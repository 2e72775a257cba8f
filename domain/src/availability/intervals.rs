//! The algebra of times: sorted, disjoint, half-open intervals of UTC seconds.
//!
//! Every operation is linear in its operands; only `from_unsorted` sorts. Touching intervals are merged, so two lists
//! describe the same set of seconds exactly when they are equal.

use crate::time::Interval;

/// A set of seconds. Invariant: no interval is empty, each starts after the one before it ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Intervals(Vec<Interval>);

impl Intervals {
    /// The union of `parts`, which may be empty, overlap, touch and come in any order.
    pub fn from_unsorted(mut parts: Vec<Interval>) -> Self {
        parts.retain(|part| !part.is_empty());
        parts.sort_unstable();
        parts.dedup_by(|next, kept| {
            let joins = next.start <= kept.end;
            if joins {
                kept.end = kept.end.max(next.end);
            }
            joins
        });
        Self(parts)
    }

    /// One interval, or nothing if it is empty.
    pub fn one(interval: Interval) -> Self {
        Self::from_unsorted(vec![interval])
    }

    /// The intervals, sorted and disjoint.
    pub fn as_slice(&self) -> &[Interval] {
        &self.0
    }

    /// Whether the second `at` is inside.
    pub fn contains(&self, at: i64) -> bool {
        let index = self.0.partition_point(|interval| interval.end <= at);
        self.0.get(index).is_some_and(|interval| interval.contains(at))
    }

    /// Whether any second of `interval` is inside.
    pub fn meets(&self, interval: Interval) -> bool {
        let index = self.0.partition_point(|known| known.end <= interval.start);
        self.0.get(index).is_some_and(|known| !known.overlap(interval).is_empty())
    }

    /// The seconds that are in both.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        let (mut mine, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut both = Vec::with_capacity(self.0.len());
        while let (Some(a), Some(b)) = (mine.peek(), theirs.peek()) {
            let part = a.overlap(**b);
            if !part.is_empty() {
                both.push(part);
            }
            if a.end <= b.end {
                mine.next();
            } else {
                theirs.next();
            }
        }
        Self(both)
    }

    /// The seconds that are in `self` but not in `taken`.
    #[must_use]
    pub fn subtract(&self, taken: &Self) -> Self {
        let mut left = Vec::with_capacity(self.0.len() + taken.0.len());
        let mut taken = taken.0.iter().peekable();
        for &Interval { mut start, end } in &self.0 {
            while let Some(hole) = taken.next_if(|hole| hole.end <= end) {
                if start < hole.start {
                    left.push(Interval::new(start, hole.start));
                }
                start = start.max(hole.end);
            }
            let until = taken.peek().map_or(end, |hole| end.min(hole.start));
            if start < until {
                left.push(Interval::new(start, until));
            }
        }
        Self(left)
    }

    /// Where something of `length` seconds can start so that it lies inside one interval.
    #[must_use]
    pub fn starts_of(&self, length: i64) -> Self {
        let starts = self.0.iter().map(|interval| Interval::new(interval.start, interval.end - length + 1));
        Self(starts.filter(|starts| !starts.is_empty()).collect())
    }
}

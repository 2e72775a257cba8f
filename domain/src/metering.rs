//! How much of the server a caller may use: what a request costs, and the bucket that it is paid from.
//!
//! A bucket leaks: every request pours its cost in, time lets it out at a steady rate, and what would make it overflow
//! is refused with the time after which it fits. `persistence` keeps buckets, in the process or in Redis; the
//! arithmetic is here. Deliberately absent: what a field costs, which is the schema's business.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// A cost, in thousandths of a point: a single value of an answer costs less than a point. It never overflows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(u64);

impl Cost {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// What the least of requests costs, refused ones included.
    pub const LEAST: Self = Self::points(1);

    /// Whole points.
    pub const fn points(points: u32) -> Self {
        Self(points as u64 * 1000)
    }

    /// Thousandths of a point.
    pub const fn thousandths(thousandths: u64) -> Self {
        Self(thousandths)
    }

    /// The cost in thousandths of a point.
    pub const fn as_thousandths(self) -> u64 {
        self.0
    }

    /// The cost in points as callers are told it: begun ones count.
    pub const fn as_points(self) -> u64 {
        self.0.div_ceil(1000)
    }

    /// So many times as much.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// What is left of it; nothing when `other` is more.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::ZERO, Add::add)
    }
}

/// Points with as many decimals as there are: `12`, `0.1`.
impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 1000, self.0 % 1000);
        if rest == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{rest:03}").trim_end_matches('0'))
    }
}

/// How large a bucket is and how fast it leaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// What may be spent at once.
    pub burst: Cost,
    /// What comes back in a second.
    pub per_second: Cost,
}

impl Allowance {
    /// Of so many points at once, and so many a second from then on.
    pub const fn of(burst: u32, per_second: u32) -> Self {
        Self { burst: Cost::points(burst), per_second: Cost::points(per_second) }
    }

    /// Of so many points in any minute, all of them at once if they must.
    pub fn of_minute(points: u32) -> Self {
        let burst = Cost::points(points.max(1));
        Self { burst, per_second: Cost(burst.0.div_ceil(60)) }
    }
}

/// What became of a cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is paid.
    Paid {
        /// What may be spent now.
        available: Cost,
    },
    /// There was not enough left; nothing was taken.
    Refused {
        /// What may be spent now.
        available: Cost,
        /// After which it fits, if nothing else is taken meanwhile.
        wait: Duration,
    },
}

/// What somebody has spent and not got back yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    level: Cost,
    at: DateTime<Utc>,
}

impl Bucket {
    /// An empty one.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { level: Cost::ZERO, at: now }
    }

    /// Whether nothing is in it any more.
    pub fn is_empty(&self, allowance: Allowance, now: DateTime<Utc>) -> bool {
        self.leaked(allowance, now) == Cost::ZERO
    }

    /// Takes a cost, after giving back what was taken too much before.
    pub fn take(&mut self, allowance: Allowance, (cost, back): (Cost, Cost), now: DateTime<Utc>) -> Taken {
        let level = self.leaked(allowance, now).less(back);
        // A clock that was put back must not fill anything up.
        (self.level, self.at) = (level, self.at.max(now));
        let filled = level + cost;
        if filled <= allowance.burst {
            self.level = filled;
            return Taken::Paid { available: allowance.burst.less(filled) };
        }
        let wait = time_for(filled.less(allowance.burst), allowance.per_second);
        Taken::Refused { available: allowance.burst.less(level), wait }
    }

    fn leaked(&self, allowance: Allowance, now: DateTime<Utc>) -> Cost {
        let microseconds = (now - self.at).num_microseconds().map_or(i64::MAX, |passed| passed.max(0));
        let leaked = u128::from(microseconds.unsigned_abs()) * u128::from(allowance.per_second.0) / 1_000_000;
        self.level.less(Cost(u64::try_from(leaked).unwrap_or(u64::MAX)))
    }
}

/// How long it takes to get so much back, in begun milliseconds.
pub fn time_for(cost: Cost, per_second: Cost) -> Duration {
    let milliseconds = (u128::from(cost.0) * 1000).div_ceil(u128::from(per_second.0.max(1)));
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    /// What becomes of costs, each `(at millisecond, cost, given back)`, out of ten points and two a second.
    fn check(steps: &[(i64, u32, u32)], expected: &str) {
        let begin = DateTime::UNIX_EPOCH;
        let mut bucket = Bucket::new(begin);
        let told = steps.iter().map(|&(at, cost, back)| {
            let now = begin + TimeDelta::milliseconds(at);
            match bucket.take(Allowance::of(10, 2), (Cost::points(cost), Cost::points(back)), now) {
                Taken::Paid { available } => format!("{available}"),
                Taken::Refused { available, wait } => format!("{available}, wait {} ms", wait.as_millis()),
            }
        });
        assert_eq!(told.collect::<Vec<_>>().join("; "), expected);
    }

    #[test]
    fn what_is_spent_comes_back_with_time() {
        check(&[(0, 4, 0), (0, 6, 0), (0, 1, 0)], "6; 0; 0, wait 500 ms");
        check(&[(0, 10, 0), (499, 1, 0), (500, 1, 0)], "0; 0.998, wait 1 ms; 0");
        check(&[(0, 10, 0), (60_000, 3, 0)], "0; 7");
    }

    #[test]
    fn what_was_too_much_is_given_back() {
        check(&[(0, 10, 0), (0, 6, 8)], "0; 2");
        check(&[(0, 1, 0), (0, 10, 5)], "9; 0");
    }

    #[test]
    fn a_refusal_takes_nothing_and_keeps_what_was_given_back() {
        check(&[(0, 10, 0), (0, 9, 8), (0, 8, 0)], "0; 8, wait 500 ms; 0");
    }

    #[test]
    fn a_clock_that_is_put_back_changes_nothing() {
        check(&[(1000, 10, 0), (0, 1, 0), (1000, 1, 0)], "0; 0, wait 500 ms; 0, wait 500 ms");
    }

    #[test]
    fn an_empty_bucket_can_be_forgotten() {
        let begin = DateTime::UNIX_EPOCH;
        let mut bucket = Bucket::new(begin);
        let _ = bucket.take(Allowance::of(10, 2), (Cost::points(2), Cost::ZERO), begin);
        assert!(!bucket.is_empty(Allowance::of(10, 2), begin + TimeDelta::milliseconds(999)));
        assert!(bucket.is_empty(Allowance::of(10, 2), begin + TimeDelta::milliseconds(1000)));
    }

    #[test]
    fn costs_are_told_in_begun_points() {
        assert_eq!([0, 1, 1000, 1001].map(|thousandths| Cost::thousandths(thousandths).as_points()), [0, 1, 1, 2]);
        assert_eq!([100, 1000, 1250].map(|cost| Cost::thousandths(cost).to_string()), ["0.1", "1", "1.25"]);
        assert_eq!(Cost::thousandths(u64::MAX).times(2) + Cost::points(1), Cost::thousandths(u64::MAX));
    }
}

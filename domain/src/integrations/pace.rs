//! The pace of a destination that has a rate: which moments its next messages may have.
//!
//! The next free moment is kept in the store and moved under a lock, so the rate holds however many workers there are.

use chrono::{DateTime, TimeDelta, Utc};

/// How far ahead moments are given away. Longer than workers wait between two looks, so that a rate is reached; short,
/// so that little is lost with a worker that dies.
pub const PACED_AHEAD: TimeDelta = TimeDelta::milliseconds(500);

/// How far apart the clocks of workers may be. A next moment further ahead than that was written by a worker whose clock
/// is wrong, and is not waited for.
const CLOCKS_APART_MAX: TimeDelta = TimeDelta::seconds(2);

/// A destination's rate, and when its next message may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Messages per second at most.
    pub per_second: i32,
    /// The next free moment; `None`: at once.
    pub next: Option<DateTime<Utc>>,
}

impl Pace {
    /// The moments that can be given away now, at most `most`.
    pub fn moments(self, now: DateTime<Utc>, most: usize) -> Vec<DateTime<Utc>> {
        let latest = now + PACED_AHEAD + self.apart() + CLOCKS_APART_MAX;
        let first = self.next.filter(|next| *next <= latest).map_or(now, |next| next.max(now));
        let moment = |number: i32| first + self.apart() * number;
        (0..).map(moment).take_while(|at| *at < now + PACED_AHEAD).take(most).collect()
    }

    /// The next free moment after this one was given away.
    pub fn after(self, last: DateTime<Utc>) -> DateTime<Utc> {
        last + self.apart()
    }

    fn apart(self) -> TimeDelta {
        TimeDelta::microseconds(1_000_000 / i64::from(self.per_second.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds)
    }

    /// Moments at second 1, in milliseconds.
    fn check(per_second: i32, next: Option<i64>, most: usize, expected: &[i64]) {
        let pace = Pace { per_second, next: next.map(at) };
        let moments: Vec<i64> = pace.moments(at(1000), most).iter().map(DateTime::timestamp_millis).collect();
        assert_eq!(moments, expected);
    }

    #[test]
    fn moments_are_apart_and_not_far_ahead() {
        check(10, None, 9, &[1000, 1100, 1200, 1300, 1400]);
        check(10, Some(200), 2, &[1000, 1100]);
        check(10, Some(1350), 9, &[1350, 1450]);
        check(1, Some(1499), 9, &[1499]);
        check(1, Some(1500), 9, &[]);
        check(1, Some(4500), 9, &[]);
        assert_eq!(Pace { per_second: 4, next: None }.after(at(1000)), at(1250));
    }

    #[test]
    fn a_moment_by_a_clock_that_is_far_ahead_is_not_waited_for() {
        check(1, Some(4501), 9, &[1000]);
        check(10, Some(3_601_000), 2, &[1000, 1100]);
    }
}

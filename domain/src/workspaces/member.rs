//! Members: people who work in a workspace, and what happens to those who guess at their passwords.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access::Grants;
use crate::contacts::EmailAddress;
use crate::ids::{HostId, MemberId};

/// Somebody who works in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub id: MemberId,
    /// What they sign in with; one member of a workspace has it.
    pub email: EmailAddress,
    /// What they are called.
    pub name: String,
    /// The most that a client may be allowed in their name.
    pub scopes: Grants,
    /// The host they are, if they can be booked.
    pub host: Option<HostId>,
    /// Wrong passwords since the last right one.
    pub lockout: Lockout,
}

/// Wrong passwords in a row that cost nothing: people mistype.
const FREE_FAILURES: i32 = 4;
/// The first wait; each further failure doubles it.
const WAIT_FIRST: TimeDelta = TimeDelta::seconds(30);
/// The longest wait. Guessing goes on at four an hour then, and whoever locks others out has to keep at it.
const WAIT_MAX: TimeDelta = TimeDelta::minutes(15);

/// Wrong passwords in a row, and until when no further one is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lockout {
    /// Attempts since the last success.
    pub failures: i32,
    /// No attempt is looked at before.
    pub locked_until: Option<DateTime<Utc>>,
}

impl Lockout {
    /// Counts an attempt, before it is looked at: of many guesses at once none goes uncounted. `None`: it is too early
    /// for one. A success begins anew with [`Lockout::default`].
    pub fn attempt(self, now: DateTime<Utc>) -> Option<Self> {
        if self.locked_until.is_some_and(|until| now < until) {
            return None;
        }
        let failures = self.failures.saturating_add(1);
        let doublings = u32::try_from(failures - FREE_FAILURES - 1).ok();
        let wait = doublings.map(|doublings| {
            let factor = 1_i32.checked_shl(doublings.min(30)).unwrap_or(i32::MAX);
            WAIT_FIRST.checked_mul(factor).map_or(WAIT_MAX, |wait| wait.min(WAIT_MAX))
        });
        Some(Self { failures, locked_until: wait.map(|wait| now + wait) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end_somewhere() {
        let mut now = DateTime::UNIX_EPOCH;
        let mut lockout = Lockout::default();
        let mut waits = Vec::new();
        for _ in 0..12 {
            lockout = lockout.attempt(now).unwrap();
            let wait = lockout.locked_until.map_or(0, |until| (until - now).num_seconds());
            assert!(wait == 0 || lockout.attempt(now).is_none(), "an attempt in the wait is not looked at");
            waits.push(wait);
            now += TimeDelta::seconds(wait);
        }
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
    }
}

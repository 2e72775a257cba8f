//! The circuit breaker of a destination (<https://learn.microsoft.com/en-us/azure/architecture/patterns/circuit-breaker>):
//! one that keeps failing, or that asks for time, is left alone as a whole, so that its deliveries do not use up their
//! attempts, and nobody else's turn, on knocking at a closed door.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::Backoff;

/// Failures in a row that open a circuit. One that fails now and then must not be taken for one that is away: of a
/// thousand attempts a second of which a fifth fail, five in a row do so every three seconds, twenty never.
pub const FAILURES_TO_OPEN: i32 = 20;
/// How long a circuit stays open, growing with every trial that fails.
const OPEN_FOR: Backoff = Backoff { base: Duration::from_secs(5), cap: Duration::from_mins(5) };

/// What is remembered of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Breaker {
    /// Failures in a row.
    pub failures: i32,
    /// Nothing is sent before this instant; one at a time after it, until something succeeds.
    pub open_until: Option<DateTime<Utc>>,
}

/// The one delivery that tries a half-open circuit, whichever worker has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trial {
    /// Since when the circuit has been half open.
    since: DateTime<Utc>,
    /// The trial may take until then. If its worker dies, it is anybody's afterwards.
    until: DateTime<Utc>,
}

/// How much may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// Everything that is due.
    Closed,
    /// One delivery, on trial.
    HalfOpen,
    /// Nothing.
    Open,
}

/// What an attempt says about its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It works: it took the delivery, or refused this one for what it contains.
    Works,
    /// It does not: no answer, or one that says so.
    Fails,
    /// It asked not to be called for this long (`Retry-After`, rate limits).
    AsksToWait(Duration),
    /// Nothing: the attempt failed on our side.
    Unknown,
}

impl Breaker {
    /// How much may be sent now.
    pub fn circuit(&self, now: DateTime<Utc>) -> Circuit {
        match self.open_until {
            None => Circuit::Closed,
            Some(until) if until <= now => Circuit::HalfOpen,
            Some(_) => Circuit::Open,
        }
    }

    /// Takes the trial, if there is one to take: until it is over, or its time is, the circuit is open for everybody else.
    pub fn on_trial(self, now: DateTime<Utc>, until: DateTime<Utc>) -> Option<(Self, Trial)> {
        let since = self.open_until.filter(|_| self.circuit(now) == Circuit::HalfOpen)?;
        Some((Self { open_until: Some(until), ..self }, Trial { since, until }))
    }

    /// What is remembered after the trial. If somebody was asked for a longer wait meanwhile, that stays.
    #[must_use]
    pub fn after_trial(self, trial: Trial, verdict: Verdict, now: DateTime<Utc>, dice: f64) -> Self {
        let is_ours = self.open_until == Some(trial.until);
        let known = if is_ours { Self { open_until: Some(trial.since), ..self } } else { self };
        known.after(verdict, now, dice)
    }

    /// What is remembered after an attempt. `dice` is uniform in 0..1. While a circuit is open, answers come only from
    /// attempts that began before it opened: they change nothing, except that a longer wait can be asked for.
    #[must_use]
    pub fn after(self, verdict: Verdict, now: DateTime<Utc>, dice: f64) -> Self {
        let is_open = self.circuit(now) == Circuit::Open;
        match verdict {
            Verdict::Unknown => self,
            Verdict::AsksToWait(wait) => Self { open_until: self.open_until.max(Some(now + delta(wait))), ..self },
            _ if is_open => self,
            Verdict::Works => Self::default(),
            Verdict::Fails => {
                let failures = self.failures.saturating_add(1);
                let trials = failures.saturating_sub(FAILURES_TO_OPEN).saturating_add(1);
                let open_until = (trials > 0).then(|| now + delta(open_for(trials, dice))).or(self.open_until);
                Self { failures, open_until }
            }
        }
    }
}

/// At least half of the step, so that an unlucky throw does not mean no pause at all.
fn open_for(trials: i32, dice: f64) -> Duration {
    (OPEN_FOR.wait(trials, None, 1.0) + OPEN_FOR.wait(trials, None, dice)) / 2
}

fn delta(wait: Duration) -> TimeDelta {
    TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// Lets attempts end at their seconds, then looks at the circuit at `when`.
    fn check(attempts: &[(i64, Verdict)], when: i64, expected: Circuit) {
        let breaker = attempts
            .iter()
            .fold(Breaker::default(), |breaker, (second, verdict)| breaker.after(*verdict, at(*second), 1.0));
        assert_eq!(breaker.circuit(at(when)), expected, "{breaker:?}");
    }

    const ENOUGH: [(i64, Verdict); 20] = [(0, Verdict::Fails); 20];

    #[test]
    fn failures_in_a_row_open_the_circuit_and_a_success_between_them_does_not() {
        check(&ENOUGH[1..], 0, Circuit::Closed);
        check(&ENOUGH, 4, Circuit::Open);
        check(&ENOUGH, 5, Circuit::HalfOpen);
        check(&[&ENOUGH[1..], &[(0, Verdict::Works)], &ENOUGH[1..]].concat(), 0, Circuit::Closed);
    }

    #[test]
    fn a_trial_closes_it_or_opens_it_for_longer() {
        check(&[&ENOUGH[..], &[(5, Verdict::Works)]].concat(), 5, Circuit::Closed);
        check(&[&ENOUGH[..], &[(5, Verdict::Fails)]].concat(), 14, Circuit::Open);
        check(&[&ENOUGH[..], &[(5, Verdict::Fails)]].concat(), 15, Circuit::HalfOpen);
    }

    #[test]
    fn there_is_one_trial_and_it_is_anybodys_when_its_time_is_over() {
        let open = ENOUGH.iter().fold(Breaker::default(), |breaker, (_, verdict)| breaker.after(*verdict, at(0), 1.0));
        assert_eq!(open.on_trial(at(4), at(24)), None, "it is not time yet");
        assert_eq!(Breaker::default().on_trial(at(4), at(24)), None, "nothing is wrong");
        let (tried, trial) = open.on_trial(at(5), at(25)).unwrap();
        assert_eq!((tried.circuit(at(24)), tried.on_trial(at(24), at(44))), (Circuit::Open, None));
        assert_eq!(tried.circuit(at(25)), Circuit::HalfOpen);

        let after = |verdict| tried.after_trial(trial, verdict, at(7), 1.0);
        assert_eq!(after(Verdict::Works), Breaker::default());
        assert_eq!(after(Verdict::Fails).open_until, Some(at(17)));
        assert_eq!(after(Verdict::Unknown), open, "the next may try");
        let asked = tried.after(Verdict::AsksToWait(Duration::from_mins(1)), at(6), 1.0);
        assert_eq!(asked.after_trial(trial, Verdict::Works, at(7), 1.0), asked, "who asked for more is left alone");
        assert_eq!(Breaker::default().after_trial(trial, Verdict::Unknown, at(7), 1.0), Breaker::default());
    }

    #[test]
    fn late_answers_of_earlier_attempts_change_nothing() {
        check(&[&ENOUGH[..], &[(1, Verdict::Works), (1, Verdict::Fails)]].concat(), 4, Circuit::Open);
        check(&[&ENOUGH[..], &[(1, Verdict::Fails), (2, Verdict::Fails)]].concat(), 5, Circuit::HalfOpen);
    }

    #[test]
    fn a_wait_that_is_asked_for_is_kept_in_full_and_is_no_failure() {
        let wait = |second, seconds| (second, Verdict::AsksToWait(Duration::from_secs(seconds)));
        check(&[wait(0, 30)], 29, Circuit::Open);
        check(&[wait(0, 30)], 30, Circuit::HalfOpen);
        check(&[wait(0, 30), wait(1, 5)], 29, Circuit::Open);
        check(&[wait(0, 30), (1, Verdict::Works)], 29, Circuit::Open);
        check(&[wait(0, 30), (30, Verdict::Works)], 30, Circuit::Closed);
        check(&[(0, Verdict::Unknown); 9], 0, Circuit::Closed);
    }
}

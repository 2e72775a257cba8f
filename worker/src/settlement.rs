//! How an attempt that was answered is settled: a pure decision.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::integrations::Verdict;
use domain::limits::TOLD_WAIT_MAX;
use domain::webhooks::endpoint::Judgement;
use persistence::deliveries::Settlement;

use crate::WorkerConfig;
use crate::deliveries::Answer;

/// What is kept of an error, in characters: a provider's answer may be long, and a list of dead letters shows many.
const ERROR_LENGTH_MAX: usize = 2000;

/// What the decision is made from, besides the answer.
pub(crate) struct Circumstances<'a> {
    /// Attempts before this one.
    pub(crate) attempts: i32,
    /// When the attempt ended.
    pub(crate) now: DateTime<Utc>,
    /// Uniform in 0..1.
    pub(crate) dice: f64,
    /// The limits.
    pub(crate) config: &'a WorkerConfig,
}

/// What becomes of the delivery.
pub(crate) fn settlement(answer: &Answer, circumstances: &Circumstances<'_>) -> Settlement {
    match answer {
        Answer::Done(_) | Answer::Held => Settlement::Done,
        Answer::Retry { after, reason } => again(*after, reason, circumstances),
        Answer::OurFault { reason } => again(None, reason, circumstances),
        Answer::Wait { until, reason } => Settlement::Wait { until: *until, reason: bounded(reason) },
        Answer::Drop { reason } => Settlement::Discarded { reason: bounded(reason) },
        Answer::Refused { reason } | Answer::GiveUp { reason } => Settlement::Dead { error: bounded(reason) },
        Answer::Unauthorised { reason } | Answer::Park { reason } => Settlement::Parked { error: bounded(reason) },
    }
}

/// What the attempt says about the destination as a whole. What was judged is told by the judgement: a test message is
/// done with its one attempt, however that ended.
pub(crate) fn verdict(answer: &Answer, judged: Option<&Judgement>) -> Verdict {
    match (judged, answer) {
        // Who refuses one delivery for what it contains, or asks for another authorisation, is there and works.
        (Some(Judgement::Delivered | Judgement::Gone), _)
        | (None, Answer::Done(_) | Answer::Refused { .. } | Answer::Unauthorised { .. }) => Verdict::Works,
        (Some(Judgement::Later { after, .. }), _) | (None, Answer::Retry { after, .. }) => match after {
            Some(wait) => Verdict::AsksToWait((*wait).min(TOLD_WAIT_MAX)),
            None => Verdict::Fails,
        },
        (
            None,
            Answer::Held
            | Answer::OurFault { .. }
            | Answer::Wait { .. }
            | Answer::Drop { .. }
            | Answer::GiveUp { .. }
            | Answer::Park { .. },
        ) => Verdict::Unknown,
    }
}

fn again(told: Option<Duration>, reason: &str, circumstances: &Circumstances<'_>) -> Settlement {
    let Circumstances { attempts, now, dice, config } = circumstances;
    let made = attempts + 1;
    if made >= config.attempts_max {
        return Settlement::Dead { error: bounded(&format!("Given up after {made} attempts. {reason}")) };
    }
    if told.is_some_and(|told| told > TOLD_WAIT_MAX) {
        return Settlement::Dead { error: bounded(&format!("Told to wait longer than a day. {reason}")) };
    }
    let wait = config.backoff.wait(made, told, *dice);
    let at = *now + TimeDelta::from_std(wait).unwrap_or(TimeDelta::days(1));
    Settlement::Retry { at, error: bounded(reason) }
}

/// As much of a text as is kept. What a provider answers may hold anything, and PostgreSQL takes no U+0000 in a text:
/// a delivery whose error cannot be written could never be settled.
fn bounded(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).take(ERROR_LENGTH_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `answer` after `attempts` earlier attempts, as "what, after how many milliseconds, why".
    fn check(answer: &Answer, attempts: i32, dice: f64, expected: &str) {
        let now = DateTime::UNIX_EPOCH;
        let config = WorkerConfig { attempts_max: 5, ..WorkerConfig::default() };
        let text = match settlement(answer, &Circumstances { attempts, now, dice, config: &config }) {
            Settlement::Done => "done".to_owned(),
            Settlement::Retry { at, error } => format!("retry +{} ms: {error}", (at - now).num_milliseconds()),
            Settlement::Wait { until, reason } => format!("wait until {until}: {reason}"),
            Settlement::Discarded { reason } => format!("discarded: {reason}"),
            Settlement::Dead { error } => format!("dead: {error}"),
            Settlement::Parked { error } => format!("parked: {error}"),
            Settlement::Untouched => "untouched".to_owned(),
        };
        assert_eq!(text, expected);
    }

    fn retry(told_seconds: Option<u64>) -> Answer {
        Answer::Retry { after: told_seconds.map(Duration::from_secs), reason: "Busy.".to_owned() }
    }

    #[test]
    fn waits_double_and_jitter_takes_from_them() {
        check(&retry(None), 0, 1.0, "retry +1000 ms: Busy.");
        check(&retry(None), 1, 1.0, "retry +2000 ms: Busy.");
        check(&retry(None), 2, 1.0, "retry +4000 ms: Busy.");
        check(&retry(None), 2, 0.25, "retry +1000 ms: Busy.");
    }

    #[test]
    fn a_told_wait_is_never_undercut_and_jitter_comes_on_top() {
        check(&retry(Some(90)), 0, 0.0, "retry +90000 ms: Busy.");
        check(&retry(Some(90)), 3, 0.5, "retry +90500 ms: Busy.");
        check(&retry(Some(1)), 3, 1.0, "retry +8000 ms: Busy.");
        check(&retry(Some(24 * 3600)), 0, 0.0, "retry +86400000 ms: Busy.");
        check(&retry(Some(24 * 3600 + 1)), 0, 0.0, "dead: Told to wait longer than a day. Busy.");
    }

    #[test]
    fn attempts_are_bounded() {
        check(&retry(None), 3, 1.0, "retry +8000 ms: Busy.");
        check(&retry(None), 4, 1.0, "dead: Given up after 5 attempts. Busy.");
        check(&retry(Some(1)), 4, 1.0, "dead: Given up after 5 attempts. Busy.");
    }

    #[test]
    fn the_other_answers_settle_at_once() {
        check(&Answer::Done(Vec::new()), 0, 0.5, "done");
        check(&Answer::GiveUp { reason: "No.".to_owned() }, 0, 0.5, "dead: No.");
        check(&Answer::Drop { reason: "Late.".to_owned() }, 0, 0.5, "discarded: Late.");
        let until = DateTime::UNIX_EPOCH;
        let wait = Answer::Wait { until, reason: "Closed.".to_owned() };
        check(&wait, 99, 0.5, "wait until 1970-01-01 00:00:00 UTC: Closed.");
        check(&Answer::Park { reason: "Sign in.".to_owned() }, 4, 0.5, "parked: Sign in.");
        let long = Answer::GiveUp { reason: "ö".repeat(ERROR_LENGTH_MAX + 1) };
        check(&long, 0, 0.5, &format!("dead: {}", "ö".repeat(ERROR_LENGTH_MAX)));
    }

    #[test]
    fn a_destination_is_judged_by_what_it_said_and_not_by_what_becomes_of_the_delivery() {
        let later = |after: Option<Duration>| Judgement::Later { after, reason: "Busy.".to_owned() };
        let done = || Answer::Done(Vec::new());
        assert_eq!(verdict(&done(), Some(&Judgement::Delivered)), Verdict::Works);
        assert_eq!(verdict(&done(), Some(&later(None))), Verdict::Fails);
        let hour = Duration::from_hours(1);
        assert_eq!(verdict(&done(), Some(&later(Some(hour)))), Verdict::AsksToWait(hour));
        assert_eq!(verdict(&retry(Some(3600)), None), Verdict::AsksToWait(hour));
        assert_eq!(verdict(&retry(None), None), Verdict::Fails);
        assert_eq!(verdict(&done(), None), Verdict::Works, "a pipeline that is through");
        let reason = || "No.".to_owned();
        assert_eq!(verdict(&Answer::Refused { reason: reason() }, None), Verdict::Works);
        assert_eq!(verdict(&Answer::Unauthorised { reason: reason() }, None), Verdict::Works);
    }

    #[test]
    fn where_nobody_was_asked_nothing_is_known() {
        let reason = || "Gone.".to_owned();
        let unasked = [
            Answer::Held,
            Answer::GiveUp { reason: reason() },
            Answer::Park { reason: reason() },
            Answer::Drop { reason: reason() },
            Answer::OurFault { reason: reason() },
            Answer::Wait { until: DateTime::UNIX_EPOCH, reason: reason() },
        ];
        for answer in &unasked {
            assert_eq!(verdict(answer, None), Verdict::Unknown, "{answer:?}");
        }
    }

    #[test]
    fn control_characters_are_not_kept() {
        let answer = Answer::GiveUp { reason: "\0No\u{1b}[31m.\nNever\u{7}.".to_owned() };
        check(&answer, 0, 0.5, "dead: No[31m.\nNever.");
    }
}

//! What is done for each kind of job. Every job names a state ("bring X to version n"), so doing it twice is doing it
//! once.

mod crm;
mod pipeline;
mod webhooks;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use commands::Failure;
use commands::webhooks::MadeAttempt;
use domain::errors::ErrorCode;
use domain::integrations::{EntityLink, Job};
use persistence::StoreError;
use persistence::deliveries::ClaimedDelivery;

use self::crm::Destination;
use crate::Worker;
use crate::material::Material;

/// How long a delivery waits for a version that can read its event.
const UNREADABLE_WAITS: TimeDelta = TimeDelta::days(1);
/// How long it sleeps in between. Every worker may claim it, so with a newer one beside it this is soon over.
const UNREADABLE_LOOKED_AT_EVERY: TimeDelta = TimeDelta::seconds(30);

/// What an attempt led to. The reasons are sentences for people, without personal data.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The destination has it; with the links that are to be noted.
    Done(Vec<EntityLink>),
    /// The destination has it already; nobody was asked.
    Held,
    /// It may work later.
    Retry {
        /// How long the destination told us to wait.
        after: Option<Duration>,
        /// Why.
        reason: String,
    },
    /// It may work later; that it did not was no fault of the destination.
    OurFault {
        /// Why.
        reason: String,
    },
    /// It is not the time for it; nobody was asked.
    Wait {
        /// Until when.
        until: DateTime<Utc>,
        /// Why.
        reason: String,
    },
    /// It is not wanted any more.
    Drop {
        /// Why.
        reason: String,
    },
    /// The destination refuses it as it is.
    Refused {
        /// Why.
        reason: String,
    },
    /// It cannot work as it is; nobody was asked.
    GiveUp {
        /// Why.
        reason: String,
    },
    /// The destination refuses us until people have authorised us anew.
    Unauthorised {
        /// What they have to do.
        reason: String,
    },
    /// It waits for people; nobody was asked.
    Park {
        /// What they have to do.
        reason: String,
    },
}

/// What an attempt led to.
pub(crate) struct Outcome {
    pub(crate) answer: Answer,
    /// What an endpoint was sent and answered, if it was asked.
    pub(crate) attempt: Option<MadeAttempt>,
}

/// Makes one attempt.
pub(crate) async fn deliver(worker: &Worker, material: &Material, claimed: &ClaimedDelivery) -> Outcome {
    let to = |connection, contact| Destination::of(worker, claimed, connection, contact);
    let done = match claimed.delivery.job {
        Job::RunPipeline { submission } => pipeline::run(worker, claimed, submission).await,
        Job::SyncContact { connection, contact } => {
            crm::contact::sync(&to(connection, contact)).await.and_then(written)
        }
        Job::SyncTask { connection, contact, task } => {
            crm::task::sync(&to(connection, contact), task).await.and_then(written)
        }
        Job::SyncMeeting { connection, contact, meeting } => {
            crm::meeting::sync(&to(connection, contact), meeting).await.and_then(written)
        }
        Job::SendWebhook { endpoint, event, replay, .. } => {
            let told = webhooks::tell(worker, material, claimed, (endpoint, event), replay).await;
            return asked(told, |made| webhooks::answer_to(&made.judgement));
        }
        Job::TryWebhook { endpoint, event, message } => {
            let tried = webhooks::try_once(worker, material, claimed, (endpoint, event), message).await;
            // It is made once, however it ends: whoever asked for it sees that in the log.
            return asked(tried, |_| Answer::Done(Vec::new()));
        }
        Job::Unreadable { .. } => Err(Answer::GiveUp { reason: "Meridian cannot read this delivery.".to_owned() }),
    };
    // Everything but success travels as an error, so that a step can leave with `?`.
    done.map_or_else(|answer| answer, Answer::Done).into()
}

/// What a CRM confirmed just now. Without anything it has confirmed it before.
fn written(links: Vec<EntityLink>) -> Result<Vec<EntityLink>, Answer> {
    if links.is_empty() { Err(Answer::Held) } else { Ok(links) }
}

fn asked(made: Result<MadeAttempt, Answer>, answer_to: impl Fn(&MadeAttempt) -> Answer) -> Outcome {
    match made {
        Ok(made) => Outcome { answer: answer_to(&made), attempt: Some(made) },
        Err(answer) => answer.into(),
    }
}

/// For an event that this version cannot read, and that a newer one beside it may be able to. Nobody was asked, so no
/// attempt counts. What is older than any upgrade takes is damaged: people should see it, and its lane goes on.
pub(crate) fn unreadable(created_at: DateTime<Utc>, now: DateTime<Utc>) -> Answer {
    if now - created_at < UNREADABLE_WAITS {
        let reason = "The event waits for a version of Meridian that can read it.".to_owned();
        Answer::Wait { until: now + UNREADABLE_LOOKED_AT_EVERY, reason }
    } else {
        Answer::GiveUp { reason: "Meridian cannot read the event.".to_owned() }
    }
}

impl From<Answer> for Outcome {
    fn from(answer: Answer) -> Self {
        Self { answer, attempt: None }
    }
}

/// A failure of our own store. Its text is for our log; the delivery keeps the code, which API callers may see.
impl From<Failure> for Answer {
    fn from(failure: Failure) -> Self {
        tracing::warn!(error = %failure, "a delivery could not use the store");
        if failure.code() == ErrorCode::Unavailable {
            Self::OurFault { reason: "Meridian's store was not available.".to_owned() }
        } else {
            Self::GiveUp { reason: format!("Meridian failed ({}).", failure.code().as_str()) }
        }
    }
}

impl From<StoreError> for Answer {
    fn from(error: StoreError) -> Self {
        Failure::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a delivery about an unreadable event that is so many hours old.
    fn check(hours: i64, expected: &str) {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(365);
        let text = match unreadable(now - TimeDelta::hours(hours), now) {
            Answer::Wait { until, .. } => format!("looks again after {} s", (until - now).num_seconds()),
            Answer::GiveUp { reason } => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(text, expected);
    }

    #[test]
    fn an_event_that_cannot_be_read_is_waited_for_as_long_as_an_upgrade_may_take() {
        check(0, "looks again after 30 s");
        check(23, "looks again after 30 s");
        check(24, "Meridian cannot read the event.");
    }
}

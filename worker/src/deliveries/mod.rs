//! What is done for each kind of job. Every job names a state ("bring X to version n"), so doing it twice is doing it
//! once.

mod crm;
mod pipeline;
mod webhooks;

use std::time::Duration;

use chrono::{DateTime, Utc};
use commands::Failure;
use commands::webhooks::MadeAttempt;
use domain::errors::ErrorCode;
use domain::integrations::{EntityLink, Job};
use persistence::StoreError;
use persistence::deliveries::ClaimedDelivery;

use self::crm::Destination;
use crate::Worker;
use crate::material::Material;

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

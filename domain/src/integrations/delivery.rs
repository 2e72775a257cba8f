//! A delivery: one event on its way to one destination, in a lane that keeps its order.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, ContactId, DeliveryId, EndpointId, EventId, MeetingId, ReplayId, SubmissionId, TaskId};
use crate::operation::CorrelationId;
use crate::webhooks::endpoint::MessageKind;

/// What is to be done at the destination. A job names state, not a change: "bring X to version n".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Take a submission through the pipeline.
    RunPipeline {
        /// The submission.
        submission: SubmissionId,
    },
    /// Bring a contact to the CRM.
    SyncContact {
        /// The CRM's connection.
        connection: ConnectionId,
        /// The contact.
        contact: ContactId,
    },
    /// Bring an owner's task to the CRM.
    SyncTask {
        /// The CRM's connection.
        connection: ConnectionId,
        /// The contact it is about.
        contact: ContactId,
        /// The task.
        task: TaskId,
    },
    /// Bring a meeting to the CRM.
    SyncMeeting {
        /// The CRM's connection.
        connection: ConnectionId,
        /// The contact met.
        contact: ContactId,
        /// The meeting.
        meeting: MeetingId,
    },
    /// Tell an endpoint of an event; an event never changes, so telling it twice says nothing new.
    SendWebhook {
        /// The endpoint.
        endpoint: EndpointId,
        /// The event, which stands at the delivery's position.
        event: EventId,
        /// What the event is about: its order is kept.
        entity: String,
        /// The replay that sends it again, if one does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replay: Option<ReplayId>,
    },
    /// Ask an endpoint to repeat a challenge, or send it a test message.
    TryWebhook {
        /// The endpoint.
        endpoint: EndpointId,
        /// The event that asked for it.
        event: EventId,
        /// Which of the two.
        message: MessageKind,
    },
    /// What was here cannot be read: the row was damaged, or a newer Meridian wrote it.
    Unreadable {
        /// Where it was to go.
        destination: String,
        /// The lane that it was in.
        lane: String,
        /// What was there.
        was: String,
    },
}

impl Job {
    /// The destination that is no other system: our own pipeline, which prospects wait for.
    pub const PIPELINE: &'static str = "pipeline";

    /// The destination: lanes and budgets are kept per destination.
    pub fn destination(&self) -> String {
        match self {
            Self::RunPipeline { .. } => Self::PIPELINE.to_owned(),
            Self::SyncContact { connection, .. }
            | Self::SyncTask { connection, .. }
            | Self::SyncMeeting { connection, .. } => connection.to_string(),
            Self::SendWebhook { endpoint, .. } | Self::TryWebhook { endpoint, .. } => endpoint.to_string(),
            Self::Unreadable { destination, .. } => destination.clone(),
        }
    }

    /// The connection it goes through, if it goes through one.
    pub fn connection(&self) -> Option<ConnectionId> {
        match self {
            Self::RunPipeline { .. } | Self::SendWebhook { .. } | Self::TryWebhook { .. } | Self::Unreadable { .. } => {
                None
            }
            Self::SyncContact { connection, .. }
            | Self::SyncTask { connection, .. }
            | Self::SyncMeeting { connection, .. } => Some(*connection),
        }
    }

    /// The replay it belongs to: it is made when nothing live waits for the destination.
    pub fn replay(&self) -> Option<ReplayId> {
        match self {
            Self::SendWebhook { replay, .. } => *replay,
            _ => None,
        }
    }

    /// The lane within the destination. Everything about one contact goes to a CRM in one lane, because a task or a
    /// meeting can only be written once its contact is there.
    pub fn lane(&self) -> String {
        match self {
            Self::RunPipeline { submission } => submission.to_string(),
            Self::SyncContact { contact, .. } | Self::SyncTask { contact, .. } | Self::SyncMeeting { contact, .. } => {
                contact.to_string()
            }
            // Beside the live lane of the entity: what happens now must not wait behind what happened once.
            Self::SendWebhook { entity, replay: Some(replay), .. } => format!("{replay}/{entity}"),
            Self::SendWebhook { entity, .. } => entity.clone(),
            Self::TryWebhook { endpoint, .. } => endpoint.to_string(),
            Self::Unreadable { lane, .. } => lane.clone(),
        }
    }
}

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waiting for its turn, or for its next attempt.
    Pending,
    /// The destination confirmed it.
    Done,
    /// It cannot succeed as it is: a dead letter, kept with payload and error.
    Dead,
    /// It waits for people: the connection must be authorised anew.
    Parked,
    /// People decided that it is not to be made.
    Discarded,
}

/// One event on its way to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// What is to be done.
    pub job: Job,
    /// The event's position: the order within the lane.
    pub position: i64,
    /// Where it is.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: i32,
    /// Not before this instant.
    pub next_attempt_at: DateTime<Utc>,
    /// What went wrong last, in a sentence without personal data.
    pub last_error: Option<String>,
    /// The work it belongs to.
    pub correlation: CorrelationId,
    /// When the fact happened that it follows from.
    pub created_at: DateTime<Utc>,
}

/// Exponential backoff with full jitter
/// (<https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first step's ceiling.
    pub base: Duration,
    /// The ceiling of all steps.
    pub cap: Duration,
}

impl Backoff {
    /// How long to wait after the `attempts`-th failure. `dice` is uniform in 0..1. A destination that named a time
    /// (`Retry-After`) is never asked earlier than that; jitter then comes on top, so that parked callers do not
    /// return in one wave. Nor is it asked earlier than one that named none: "in a second", said again and again, would
    /// use up all attempts within minutes.
    pub fn wait(&self, attempts: i32, told: Option<Duration>, dice: f64) -> Duration {
        let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(30);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.cap);
        let step = ceiling.mul_f64(dice);
        told.map_or(step, |told| step.max(told + self.base.min(ceiling).mul_f64(dice)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_mins(1) };

    #[test]
    fn waits_grow_up_to_the_cap() {
        let ceilings = [1, 2, 3, 7, 40].map(|attempts| BACKOFF.wait(attempts, None, 1.0).as_secs());
        assert_eq!(ceilings, [1, 2, 4, 60, 60]);
        assert_eq!(BACKOFF.wait(5, None, 0.0), Duration::ZERO);
    }

    #[test]
    fn a_told_time_is_never_undercut() {
        let told = Duration::from_secs(90);
        assert_eq!(BACKOFF.wait(1, Some(told), 0.0), told);
        assert!(BACKOFF.wait(9, Some(told), 0.9) > told);
    }

    #[test]
    fn a_short_told_time_does_not_end_the_growing_waits() {
        let told = Some(Duration::from_secs(1));
        let waits = [1, 2, 3, 7, 40].map(|attempts| BACKOFF.wait(attempts, told, 1.0).as_secs());
        assert_eq!(waits, [2, 2, 4, 60, 60]);
        assert_eq!(BACKOFF.wait(5, told, 0.0), Duration::from_secs(1));
    }
}

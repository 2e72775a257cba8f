//! Cancel: a confirmed meeting is called off and its time is free again.

use domain::errors::Violation;
use domain::ids::{EntityId, MeetingId};
use domain::limits::LONG_TEXT_LENGTH_MAX;
use domain::meetings::cancel;
use domain::operation::Operation;
use persistence::availability::release_taken_by;
use persistence::{events, meetings};
use serde::Serialize;

use super::own::{Changed, lock_own};
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// What is to be called off.
#[derive(Debug, Clone, Serialize)]
pub struct CancelMeeting {
    /// The meeting.
    pub meeting: MeetingId,
    /// Why, in the canceller's words.
    pub reason: Option<String>,
    /// The version the caller has seen.
    pub expected_version: Option<i64>,
}

/// Calls a meeting off. Refusals: `NOT_FOUND`, `VERSION_CONFLICT`, `MEETING_NOT_ACTIVE`, `FIELD_MISMATCH`.
pub async fn cancel_meeting(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: CancelMeeting,
) -> Result<Answered<Changed>, Failure> {
    let permit = operation.permit()?;
    if input.reason.as_ref().is_some_and(|reason| reason.chars().count() > LONG_TEXT_LENGTH_MAX) {
        let message = format!("A reason has at most {LONG_TEXT_LENGTH_MAX} characters.");
        return Ok(Answered::invalid(vec![Violation { path: "input.reason".to_owned(), message }]));
    }
    let keyed = match open(stores, operation, key, ("cancelMeeting", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    let meeting = lock_own(tx, operation, input.meeting, input.expected_version).await?;
    let outcome = match meeting.and_then(|meeting| cancel(&permit, meeting, input.reason, operation.now)) {
        Ok(decided) => {
            release_taken_by(tx, decided.meeting.id.uuid()).await?;
            meetings::replace_meeting(tx, &decided.meeting).await?;
            events::append(tx, operation, &decided.fact).await?;
            Outcome::Done(Changed { meeting: decided.meeting })
        }
        Err(refusal) => Outcome::refused(refusal),
    };
    keyed.finish(stores, operation, outcome).await
}

//! Reschedule: a confirmed meeting moves; owner, attribution and calendar identity stay.

use chrono::{DateTime, Utc};
use domain::errors::Refusal;
use domain::ids::{EntityId, MeetingId};
use domain::meetings::{Decided, MeetingType, Transition, reschedule};
use domain::operation::Operation;
use persistence::availability::{find_meeting_type, insert_reservation, release_taken_by};
use persistence::{StoreError, Tx, events, meetings};
use serde::Serialize;

use super::book::reservation;
use super::own::{Changed, lock_own};
use super::seat::{Wish, find_host};
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// Where a meeting is to move.
#[derive(Debug, Clone, Serialize)]
pub struct RescheduleMeeting {
    /// The meeting.
    pub meeting: MeetingId,
    /// The start of another offered slot of the same host.
    pub starts_at: DateTime<Utc>,
    /// The version the caller has seen.
    pub expected_version: Option<i64>,
}

/// Moves a meeting. Refusals: `NOT_FOUND`, `VERSION_CONFLICT`, `MEETING_NOT_ACTIVE`, `SLOT_TAKEN`, `SLOT_NOT_OFFERED`.
pub async fn reschedule_meeting(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: RescheduleMeeting,
) -> Result<Answered<Changed>, Failure> {
    let permit = operation.permit()?;
    let keyed = match open(stores, operation, key, ("rescheduleMeeting", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    let meeting = lock_own(tx, operation, input.meeting, input.expected_version).await?;
    let decided = meeting.and_then(|meeting| reschedule(&permit, meeting, input.starts_at, operation.now));
    let outcome = match decided {
        Ok(Transition::Unchanged(meeting)) => Outcome::Done(Changed { meeting: *meeting }),
        Ok(Transition::Changed(decided)) => match seat(tx, operation, &decided).await? {
            Ok(offer) => {
                write(tx, operation, &decided, &offer).await?;
                Outcome::Done(Changed { meeting: decided.meeting })
            }
            Err(refusal) => Outcome::refused(refusal),
        },
        Err(refusal) => Outcome::refused(refusal),
    };
    keyed.finish(stores, operation, outcome).await
}

/// Whether the host can take the new start, with the meeting's own time out of the way.
async fn seat(tx: &Tx, operation: &Operation, decided: &Decided) -> Result<Result<MeetingType, Refusal>, StoreError> {
    let meeting = &decided.meeting;
    let Some(offer) = find_meeting_type(tx, meeting.meeting_type).await? else {
        return Err(StoreError::Damaged("a meeting's type is gone".to_owned()));
    };
    let wish = Wish {
        offer: &offer,
        host: Some(meeting.host),
        start: meeting.starts_at,
        zone: meeting.contact_zone,
        ignoring: Some(meeting.id.uuid()),
    };
    let host = find_host(tx, operation, wish).await?;
    Ok(host.map(|_| offer))
}

async fn write(tx: &Tx, operation: &Operation, decided: &Decided, offer: &MeetingType) -> Result<(), StoreError> {
    release_taken_by(tx, decided.meeting.id.uuid()).await?;
    insert_reservation(tx, &reservation(&decided.meeting, offer)).await?;
    meetings::replace_meeting(tx, &decided.meeting).await?;
    events::append(tx, operation, &decided.fact).await
}

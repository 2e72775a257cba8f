//! Record the outcome: it took place, or the contact did not come.

use domain::activities::ActivityKind;
use domain::ids::MeetingId;
use domain::meetings::{MeetingOutcome, Transition, record_outcome};
use domain::operation::Operation;
use persistence::{StoreError, contacts, events, meetings};
use serde::Serialize;

use super::own::{Changed, lock_own};
use crate::contacts::met::Met;
use crate::contacts::{Deed, write_with};
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// What became of a meeting.
#[derive(Debug, Clone, Serialize)]
pub struct RecordMeetingOutcome {
    /// The meeting.
    pub meeting: MeetingId,
    /// What became of it.
    pub outcome: MeetingOutcome,
    /// The version the caller has seen.
    pub expected_version: Option<i64>,
}

/// Notes an outcome, or corrects it. Refusals: `NOT_FOUND`, `VERSION_CONFLICT`, `MEETING_NOT_ACTIVE`.
pub async fn record_meeting_outcome(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: RecordMeetingOutcome,
) -> Result<Answered<Changed>, Failure> {
    let permit = operation.permit()?;
    let keyed = match open(stores, operation, key, ("recordMeetingOutcome", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    let meeting = lock_own(tx, operation, input.meeting, input.expected_version).await?;
    let outcome = match meeting.and_then(|meeting| record_outcome(&permit, meeting, input.outcome, operation.now)) {
        Ok(Transition::Unchanged(meeting)) => Outcome::Done(Changed { meeting: *meeting }),
        Ok(Transition::Changed(decided)) => {
            let contact = contacts::lock_contact(tx, decided.meeting.contact).await?;
            let contact = contact.ok_or_else(|| StoreError::Damaged("a meeting's contact is gone".to_owned()))?;
            meetings::replace_meeting(tx, &decided.meeting).await?;
            let properties = serde_json::json!({ "meeting": decided.meeting.id, "outcome": input.outcome });
            let deed = Deed { kind: ActivityKind::MeetingOutcome, properties };
            write_with(tx, operation, Met::known(contact), deed).await?;
            events::append(tx, operation, &decided.fact).await?;
            Outcome::Done(Changed { meeting: decided.meeting })
        }
        Err(refusal) => Outcome::refused(refusal),
    };
    keyed.finish(stores, operation, outcome).await
}

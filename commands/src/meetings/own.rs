//! The meeting a command is about: locked, visible to the caller, and in the version the caller expects.

use domain::access::Actor;
use domain::errors::{Detail, ErrorCode, Refusal};
use domain::ids::MeetingId;
use domain::meetings::Meeting;
use domain::operation::Operation;
use persistence::meetings::lock_meeting;
use persistence::{StoreError, Tx};
use serde::{Deserialize, Serialize};

/// A meeting as a command left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// The meeting.
    pub meeting: Meeting,
}

/// Locks the meeting for a change. A host's own client may change the meetings of that host alone; others do not
/// exist for it.
pub(super) async fn lock_own(
    tx: &Tx,
    operation: &Operation,
    id: MeetingId,
    expected_version: Option<i64>,
) -> Result<Result<Meeting, Refusal>, StoreError> {
    let meeting = lock_meeting(tx, id).await?.filter(|meeting| may_change(operation.actor, meeting));
    let Some(meeting) = meeting else { return Ok(Err(Refusal::not_found("input.meetingId"))) };
    match expected_version {
        Some(expected) if expected != meeting.version => Ok(Err(Refusal::field(
            ErrorCode::VersionConflict,
            "input.expectedVersion",
            "The meeting changed since that version.",
        )
        .with(Detail::CurrentVersion(meeting.version)))),
        _ => Ok(Ok(meeting)),
    }
}

fn may_change(actor: Actor, meeting: &Meeting) -> bool {
    actor.host().is_none_or(|host| meeting.host == host)
}

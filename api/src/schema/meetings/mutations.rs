//! Changing meetings: each resolver reads its input, runs one command, and shows the answer.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use commands::meetings as intents;
use domain::errors::{ErrorCode, Refusal};
use domain::ids::MeetingTypeId;
use domain::limits::LONG_TEXT_LENGTH_MAX;
use domain::meetings::Hold;
use domain::time::Zone;

use super::super::errors::{UserError, internal};
use super::super::mutation::{Attempt, conclude, id, key, optional_id};
use super::super::request::RequestScope;
use super::super::scalars::DateTime;
use super::super::workspaces::HostObject;
use super::inputs::{
    BookMeetingInput, CancelMeetingInput, HoldSlotInput, RecordMeetingOutcomeInput, ReleaseHoldInput,
    RescheduleMeetingInput,
};
use super::meeting::MeetingObject;

pub(crate) struct HoldObject(Hold);

/// Time reserved for a moment, for whoever asked.
#[Object(name = "Hold")]
impl HoldObject {
    /// Its id; book with it.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Start of the slot.
    async fn starts_at(&self) -> DateTime {
        DateTime(self.0.starts_at)
    }

    /// End of the slot.
    async fn ends_at(&self) -> DateTime {
        DateTime(self.0.ends_at)
    }

    /// From this instant on it blocks nobody.
    async fn expires_at(&self) -> DateTime {
        DateTime(self.0.expires_at)
    }

    /// Whose time it takes.
    async fn host(&self, ctx: &Context<'_>) -> Result<Option<HostObject>> {
        HostObject::load(ctx, self.0.host).await
    }
}

/// What became of a hold.
#[derive(SimpleObject)]
pub(crate) struct HoldSlotPayload {
    /// The hold; null when it was refused.
    hold: Option<HoldObject>,
    /// Why it was refused: NOT_FOUND, SLOT_TAKEN, SLOT_NOT_OFFERED, FIELD_MISMATCH.
    errors: Vec<UserError>,
}

/// What became of a release.
#[derive(SimpleObject)]
pub(crate) struct ReleaseHoldPayload {
    /// The hold that is gone; null when it was refused.
    hold_id: Option<ID>,
    /// Why it was refused: NOT_FOUND.
    errors: Vec<UserError>,
}

macro_rules! meeting_payload {
    ($name:ident, $doc:literal, $errors:literal) => {
        #[doc = $doc]
        #[derive(SimpleObject)]
        pub(crate) struct $name {
            /// The meeting as it is now; null when it was refused.
            meeting: Option<MeetingObject>,
            #[doc = $errors]
            errors: Vec<UserError>,
        }
    };
}

meeting_payload!(
    BookMeetingPayload,
    "What became of a booking.",
    "Why it was refused: NOT_FOUND, SLOT_TAKEN, SLOT_NOT_OFFERED, HOLD_EXPIRED, FIELD_MISMATCH."
);
meeting_payload!(
    RescheduleMeetingPayload,
    "What became of a reschedule.",
    "Why it was refused: NOT_FOUND, VERSION_CONFLICT, MEETING_NOT_ACTIVE, SLOT_TAKEN, SLOT_NOT_OFFERED."
);
meeting_payload!(
    CancelMeetingPayload,
    "What became of a cancellation.",
    "Why it was refused: NOT_FOUND, VERSION_CONFLICT, MEETING_NOT_ACTIVE, FIELD_MISMATCH."
);
meeting_payload!(
    RecordMeetingOutcomePayload,
    "What became of an outcome.",
    "Why it was refused: NOT_FOUND, VERSION_CONFLICT, MEETING_NOT_ACTIVE."
);

/// The offer that an input names, if it is there for the caller.
fn offered(request: &RequestScope, given: &ID) -> Result<MeetingTypeId, Refusal> {
    let named = id(given, "meetingTypeId")?;
    if request.offers(named) { Ok(named) } else { Err(Refusal::not_found("input.meetingTypeId")) }
}

async fn read_booking(
    request: &RequestScope,
    input: BookMeetingInput,
) -> Result<Result<intents::BookMeeting, Refusal>> {
    let invitee = match (input.contact_id, input.invitee) {
        // The visitor of a page says who they are; they know nobody here.
        (Some(_), None) if request.caller.page().is_some() => Err(Refusal::not_found("input.contactId")),
        (Some(contact), None) => id(&contact, "contactId").map(intents::Invitee::Known),
        (None, Some(invitee)) => {
            let home = persistence::workspaces::current(&request.reader()).await.map_err(internal)?.phone_region;
            invitee.facts(home).map(|facts| intents::Invitee::Stated(Box::new(facts)))
        }
        _ => Err(Refusal::field(
            ErrorCode::FieldMismatch,
            "input.invitee",
            "Give `contactId` or `invitee`, one of them.",
        )),
    };
    let is_too_long = input.note.as_ref().is_some_and(|note| note.chars().count() > LONG_TEXT_LENGTH_MAX);
    let read = || {
        if is_too_long {
            let message = format!("A note has at most {LONG_TEXT_LENGTH_MAX} characters.");
            return Err(Refusal::field(ErrorCode::FieldMismatch, "input.note", message));
        }
        Ok(intents::BookMeeting {
            meeting_type: offered(request, &input.meeting_type_id)?,
            starts_at: input.starts_at.0,
            host: optional_id(input.host_id.as_ref(), "hostId")?,
            hold: optional_id(input.hold_id.as_ref(), "holdId")?,
            invitee: invitee?,
            zone: input.time_zone.0,
            note: input.note,
        })
    };
    Ok(read())
}

#[derive(Default)]
pub(crate) struct MeetingsMutation;

#[Object]
impl MeetingsMutation {
    /// Reserves a slot for a moment. Needs `meetings:book`.
    async fn hold_slot(&self, ctx: &Context<'_>, input: HoldSlotInput) -> Result<HoldSlotPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let read = || {
            Ok(intents::HoldSlot {
                meeting_type: offered(request, &input.meeting_type_id)?,
                starts_at: input.starts_at.0,
                host: optional_id(input.host_id.as_ref(), "hostId")?,
                minutes: input.minutes,
                zone: input.time_zone.map_or_else(Zone::utc, |zone| zone.0),
            })
        };
        let attempt: Attempt<_> = match read() {
            Err(refusal) => Err(refusal),
            Ok(intent) => Ok(intents::hold_slot(request.stores(), &request.operation(), key, intent).await),
        };
        let (hold, errors) = conclude(ctx, attempt)?;
        Ok(HoldSlotPayload { hold: hold.map(HoldObject), errors })
    }

    /// Lets a hold of yours go before it expires. Needs `meetings:book`.
    async fn release_hold(&self, ctx: &Context<'_>, input: ReleaseHoldInput) -> Result<ReleaseHoldPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.hold_id, "holdId") {
            Err(refusal) => Err(refusal),
            Ok(hold) => {
                let intent = intents::ReleaseHold { hold };
                Ok(intents::release_hold(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (released, errors) = conclude(ctx, attempt)?;
        Ok(ReleaseHoldPayload { hold_id: released.map(|released| ID(released.hold.to_string())), errors })
    }

    /// Books a slot, once and only once. Needs `meetings:book`.
    async fn book_meeting(&self, ctx: &Context<'_>, input: BookMeetingInput) -> Result<BookMeetingPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let attempt: Attempt<_> = match read_booking(request, input).await? {
            Err(refusal) => Err(refusal),
            // Boxed: it is the largest of the commands, and every mutation would carry its size.
            Ok(intent) => {
                Ok(Box::pin(intents::book_meeting(request.stores(), &request.operation(), &key, intent)).await)
            }
        };
        let (booked, errors) = conclude(ctx, attempt)?;
        Ok(BookMeetingPayload { meeting: booked.map(|booked| MeetingObject(booked.meeting)), errors })
    }

    /// Moves a meeting to another offered slot of its host. Needs `meetings:write`.
    async fn reschedule_meeting(
        &self,
        ctx: &Context<'_>,
        input: RescheduleMeetingInput,
    ) -> Result<RescheduleMeetingPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.meeting_id, "meetingId") {
            Err(refusal) => Err(refusal),
            Ok(meeting) => {
                let (starts_at, expected_version) = (input.starts_at.0, input.expected_version);
                let intent = intents::RescheduleMeeting { meeting, starts_at, expected_version };
                Ok(intents::reschedule_meeting(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (changed, errors) = conclude(ctx, attempt)?;
        Ok(RescheduleMeetingPayload { meeting: changed.map(|changed| MeetingObject(changed.meeting)), errors })
    }

    /// Calls a meeting off; its time is free again. Needs `meetings:write`.
    async fn cancel_meeting(&self, ctx: &Context<'_>, input: CancelMeetingInput) -> Result<CancelMeetingPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.meeting_id, "meetingId") {
            Err(refusal) => Err(refusal),
            Ok(meeting) => {
                let (reason, expected_version) = (input.reason.clone(), input.expected_version);
                let intent = intents::CancelMeeting { meeting, reason, expected_version };
                Ok(intents::cancel_meeting(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (changed, errors) = conclude(ctx, attempt)?;
        Ok(CancelMeetingPayload { meeting: changed.map(|changed| MeetingObject(changed.meeting)), errors })
    }

    /// Notes what became of a meeting, or corrects it. Needs `meetings:write`.
    async fn record_meeting_outcome(
        &self,
        ctx: &Context<'_>,
        input: RecordMeetingOutcomeInput,
    ) -> Result<RecordMeetingOutcomePayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.meeting_id, "meetingId") {
            Err(refusal) => Err(refusal),
            Ok(meeting) => {
                let (outcome, expected_version) = (input.outcome.into(), input.expected_version);
                let intent = intents::RecordMeetingOutcome { meeting, outcome, expected_version };
                Ok(intents::record_meeting_outcome(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (changed, errors) = conclude(ctx, attempt)?;
        Ok(RecordMeetingOutcomePayload { meeting: changed.map(|changed| MeetingObject(changed.meeting)), errors })
    }
}

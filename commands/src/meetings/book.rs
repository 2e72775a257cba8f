//! Book: a slot becomes a meeting, once and only once.

use chrono::{DateTime, Utc};
use domain::access::{Permit, action};
use domain::activities::ActivityKind;
use domain::contacts::LeadFacts;
use domain::errors::{ErrorCode, Refusal};
use domain::ids::{ContactId, EntityId, HoldId, HostId, MeetingId, MeetingTypeId};
use domain::meetings::{Agreement, Hold, Meeting, MeetingType, book};
use domain::operation::Operation;
use domain::time::Zone;
use domain::workspaces::Host;
use persistence::availability::{Reservation, delete_hold, find_hold, find_meeting_type, insert_reservation};
use persistence::{StoreError, Tx, contacts, events, meetings};
use serde::{Deserialize, Serialize};

use super::seat::{Wish, find_host};
use crate::contacts::met::{Met, meet};
use crate::contacts::{Deed, write_with};
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// What is to be booked.
#[derive(Debug, Clone, Serialize)]
pub struct BookMeeting {
    /// The offer.
    pub meeting_type: MeetingTypeId,
    /// The start of an offered slot.
    pub starts_at: DateTime<Utc>,
    /// With whom, when the caller insists; else whoever's turn it is.
    pub host: Option<HostId>,
    /// A hold of the caller's on this slot.
    pub hold: Option<HoldId>,
    /// Who is met.
    pub invitee: Invitee,
    /// The zone the contact reads times in.
    pub zone: Zone,
    /// What the contact wants to say.
    pub note: Option<String>,
}

/// Who is met.
#[derive(Debug, Clone, Serialize)]
pub enum Invitee {
    /// A contact that is known.
    Known(ContactId),
    /// Somebody who says who they are; matched like a form.
    Stated(Box<LeadFacts>),
}

/// A booked meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booked {
    /// The meeting.
    pub meeting: Meeting,
}

/// Books. Refusals: `NOT_FOUND`, `SLOT_TAKEN`, `SLOT_NOT_OFFERED` (both with alternatives), `HOLD_EXPIRED`.
pub async fn book_meeting(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: BookMeeting,
) -> Result<Answered<Booked>, Failure> {
    let permit = operation.permit()?;
    let keyed = match open(stores, operation, key, ("bookMeeting", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let outcome = match prepare(&keyed.tx, operation, input).await? {
        // Boxed: what is written is large, and every caller's future would hold it.
        Ok(plan) => Outcome::Done(Booked { meeting: Box::pin(write(&keyed.tx, operation, &permit, plan)).await? }),
        Err(refusal) => Outcome::refused(refusal),
    };
    keyed.finish(stores, operation, outcome).await
}

/// Everything that is decided before the first write.
struct Plan {
    offer: MeetingType,
    host: Host,
    met: Met,
    hold: Option<Hold>,
    input: BookMeeting,
}

async fn prepare(tx: &Tx, operation: &Operation, input: BookMeeting) -> Result<Result<Plan, Refusal>, StoreError> {
    let Some(offer) = find_meeting_type(tx, input.meeting_type).await? else {
        return Ok(Err(Refusal::not_found("input.meetingTypeId")));
    };
    let hold = match usable_hold(tx, operation, &input).await? {
        Ok(hold) => hold,
        Err(refusal) => return Ok(Err(refusal)),
    };
    // The contact is locked before the hosts, here as everywhere: one order, no deadlock.
    let met = match &input.invitee {
        Invitee::Stated(facts) => meet(tx, operation, (facts, operation.now)).await?,
        Invitee::Known(id) => match contacts::lock_contact(tx, *id).await? {
            Some(contact) => Met::known(contact),
            None => return Ok(Err(Refusal::not_found("input.contactId"))),
        },
    };
    let wish = Wish {
        offer: &offer,
        host: hold.as_ref().map(|hold| hold.host).or(input.host),
        start: input.starts_at,
        zone: input.zone,
        ignoring: hold.as_ref().map(|hold| hold.id.uuid()),
    };
    let host = find_host(tx, operation, wish).await?;
    Ok(host.map(|host| Plan { offer, host, met, hold, input }))
}

/// The caller's hold, if the caller names one: it must be theirs, unexpired, and for this very slot.
async fn usable_hold(
    tx: &Tx,
    operation: &Operation,
    input: &BookMeeting,
) -> Result<Result<Option<Hold>, Refusal>, StoreError> {
    let Some(id) = input.hold else { return Ok(Ok(None)) };
    let fits = |hold: &Hold| {
        hold.usable_by(operation.actor, operation.now)
            && hold.meeting_type == input.meeting_type
            && hold.starts_at == input.starts_at
            && input.host.is_none_or(|host| host == hold.host)
    };
    Ok(match find_hold(tx, id).await?.filter(fits) {
        Some(hold) => Ok(Some(hold)),
        None => Err(Refusal::field(
            ErrorCode::HoldExpired,
            "input.holdId",
            "There is no such hold of yours on this slot any more.",
        )),
    })
}

async fn write(
    tx: &Tx,
    operation: &Operation,
    permit: &Permit<action::BookMeeting>,
    plan: Plan,
) -> Result<Meeting, StoreError> {
    let id: MeetingId = operation.new_id();
    let properties = serde_json::json!({ "meeting": id, "starts_at": plan.input.starts_at });
    let deed = Deed { kind: ActivityKind::MeetingBooked, properties };
    let contact = write_with(tx, operation, plan.met, deed).await?;
    let agreement = Agreement {
        id,
        contact: contact.id,
        host: plan.host.id,
        starts_at: plan.input.starts_at,
        contact_zone: plan.input.zone,
        host_zone: plan.host.schedule.zone,
        attribution: contact.attribution,
        note: plan.input.note,
    };
    let decided = book(permit, &plan.offer, agreement, operation.now);
    if let Some(hold) = &plan.hold {
        delete_hold(tx, hold.id).await?;
    }
    insert_reservation(tx, &reservation(&decided.meeting, &plan.offer)).await?;
    meetings::insert_meeting(tx, &decided.meeting).await?;
    events::append(tx, operation, &decided.fact).await?;
    Ok(decided.meeting)
}

/// The time that a meeting takes.
pub(super) fn reservation<'a>(meeting: &Meeting, offer: &'a MeetingType) -> Reservation<'a> {
    Reservation {
        host: meeting.host,
        meeting_type: offer.id,
        rules: &offer.rules,
        taken_by: meeting.id.uuid(),
        starts_at: meeting.starts_at,
        ends_at: meeting.ends_at,
        expires_at: None,
    }
}

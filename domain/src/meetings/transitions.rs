//! The state machine: each transition takes a permit, decides, and returns the new meeting with its fact.

use chrono::{DateTime, Utc};

use super::{Meeting, MeetingOutcome, MeetingStatus, MeetingType};
use crate::access::{Permit, action};
use crate::contacts::Attribution;
use crate::errors::{ErrorCode, Refusal};
use crate::events::Fact;
use crate::ids::{ContactId, HostId, MeetingId};
use crate::time::Zone;

/// A transition's result: state and fact belong together, and both are to be written in one transaction.
#[derive(Debug)]
#[must_use = "the fact must be appended in the transaction that writes the meeting"]
pub struct Decided {
    /// The meeting as it is now.
    pub meeting: Meeting,
    /// What happened.
    pub fact: Fact,
}

/// What a change comes to.
#[derive(Debug)]
#[must_use = "a change must be written"]
pub enum Transition {
    /// Something is different now.
    Changed(Box<Decided>),
    /// The meeting is what it was asked to be: nothing is written, and nobody is told.
    Unchanged(Box<Meeting>),
}

/// What was agreed at booking.
#[derive(Debug, Clone)]
pub struct Agreement {
    /// The new meeting's id.
    pub id: MeetingId,
    /// The person met.
    pub contact: ContactId,
    /// Who is booked.
    pub host: HostId,
    /// Start; the end follows from the offer.
    pub starts_at: DateTime<Utc>,
    /// The zone the contact booked in.
    pub contact_zone: Zone,
    /// The zone of the host's schedule.
    pub host_zone: Zone,
    /// How the contact came here.
    pub attribution: Attribution,
    /// What the contact wrote.
    pub note: Option<String>,
}

/// A slot becomes a meeting.
pub fn book(
    _permit: &Permit<action::BookMeeting>,
    offer: &MeetingType,
    agreement: Agreement,
    now: DateTime<Utc>,
) -> Decided {
    let meeting = Meeting {
        id: agreement.id,
        contact: agreement.contact,
        meeting_type: offer.id,
        host: agreement.host,
        title: offer.name.clone(),
        starts_at: agreement.starts_at,
        ends_at: agreement.starts_at + offer.duration(),
        contact_zone: agreement.contact_zone,
        host_zone: agreement.host_zone,
        status: MeetingStatus::Confirmed,
        location: offer.location.clone(),
        calendar_uid: format!("{}@meridian", agreement.id),
        sequence: 0,
        attribution: agreement.attribution,
        note: agreement.note,
        cancel_reason: None,
        booked_at: now,
        updated_at: now,
        version: 1,
    };
    Decided { fact: Fact::MeetingBooked { meeting: meeting.without_words() }, meeting }
}

/// A confirmed meeting moves. Owner, attribution and calendar UID stay; SEQUENCE grows.
pub fn reschedule(
    _permit: &Permit<action::RescheduleMeeting>,
    meeting: Meeting,
    starts_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Transition, Refusal> {
    require_active(&meeting)?;
    if meeting.starts_at == starts_at {
        return Ok(Transition::Unchanged(Box::new(meeting)));
    }
    let previous_starts_at = meeting.starts_at;
    let duration = meeting.ends_at - meeting.starts_at;
    let sequence = meeting.sequence + 1;
    let meeting = Meeting { starts_at, ends_at: starts_at + duration, sequence, ..changed(meeting, now) };
    let fact = Fact::MeetingRescheduled { meeting: meeting.without_words(), previous_starts_at };
    Ok(Transition::Changed(Box::new(Decided { meeting, fact })))
}

/// A confirmed meeting is called off.
pub fn cancel(
    _permit: &Permit<action::CancelMeeting>,
    meeting: Meeting,
    reason: Option<String>,
    now: DateTime<Utc>,
) -> Result<Decided, Refusal> {
    require_active(&meeting)?;
    let sequence = meeting.sequence + 1;
    let meeting =
        Meeting { status: MeetingStatus::Cancelled, cancel_reason: reason, sequence, ..changed(meeting, now) };
    Ok(Decided { fact: Fact::MeetingCancelled { meeting: meeting.without_words() }, meeting })
}

/// What became of a meeting is noted. A wrong note can be corrected; a cancelled meeting has no outcome.
///
/// An outcome may be noted before the scheduled end: people meet earlier than planned, and calendars are not clocks.
pub fn record_outcome(
    _permit: &Permit<action::RecordMeetingOutcome>,
    meeting: Meeting,
    outcome: MeetingOutcome,
    now: DateTime<Utc>,
) -> Result<Transition, Refusal> {
    if meeting.status == MeetingStatus::Cancelled {
        return Err(Refusal::new(ErrorCode::MeetingNotActive, "A cancelled meeting has no outcome."));
    }
    if meeting.status == outcome.into() {
        return Ok(Transition::Unchanged(Box::new(meeting)));
    }
    let meeting = Meeting { status: outcome.into(), ..changed(meeting, now) };
    let fact = Fact::MeetingOutcomeRecorded { meeting: meeting.without_words(), outcome };
    Ok(Transition::Changed(Box::new(Decided { meeting, fact })))
}

fn require_active(meeting: &Meeting) -> Result<(), Refusal> {
    if meeting.status == MeetingStatus::Confirmed {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::MeetingNotActive, "Only a confirmed meeting can be moved or called off."))
}

fn changed(meeting: Meeting, now: DateTime<Utc>) -> Meeting {
    Meeting { updated_at: now, version: meeting.version + 1, ..meeting }
}

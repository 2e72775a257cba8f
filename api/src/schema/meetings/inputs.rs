//! What callers say when they change meetings.

use async_graphql::{Enum, ID, InputObject};
use domain::contacts::{Attribution, CountryCode, EmailAddress, LeadFacts, PersonName, PhoneNumber, tidy};
use domain::errors::{ErrorCode, Refusal};
use domain::meetings::MeetingOutcome;

use super::super::scalars::{DateTime, IdempotencyKey, TimeZone};

/// A slot to hold.
#[derive(InputObject)]
pub(crate) struct HoldSlotInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// The offer.
    pub meeting_type_id: ID,
    /// The start of an offered slot.
    pub starts_at: DateTime,
    /// This host and nobody else.
    pub host_id: Option<ID>,
    /// For how long, 1–30 minutes; 10 when it is not given.
    pub minutes: Option<i64>,
    /// The zone that the visitor reads times in, for the alternatives to a slot that is taken; UTC when it is not given.
    pub time_zone: Option<TimeZone>,
}

/// A hold to let go.
#[derive(InputObject)]
pub(crate) struct ReleaseHoldInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// The hold.
    pub hold_id: ID,
}

/// A meeting to book.
#[derive(InputObject)]
pub(crate) struct BookMeetingInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// The offer.
    pub meeting_type_id: ID,
    /// The start of an offered slot.
    pub starts_at: DateTime,
    /// This host and nobody else; else whoever's turn it is.
    pub host_id: Option<ID>,
    /// A hold of yours on this slot.
    pub hold_id: Option<ID>,
    /// Who is met, when the contact is known. Give this or `invitee`.
    pub contact_id: Option<ID>,
    /// Who is met, in their own words. Give this or `contactId`.
    pub invitee: Option<InviteeInput>,
    /// The zone the invitee reads times in.
    pub time_zone: TimeZone,
    /// What the invitee wants to say, at most 4000 characters.
    pub note: Option<String>,
}

/// Who is met, in their own words.
#[derive(InputObject)]
pub(crate) struct InviteeInput {
    /// E-mail address.
    email: String,
    /// Given name.
    given_name: Option<String>,
    /// Family name.
    family_name: Option<String>,
    /// Phone number, with its country code or as dialled in the workspace's country.
    phone: Option<String>,
    /// Name of the employer.
    company_name: Option<String>,
}

impl InviteeInput {
    /// Normalised; `home` is where numbers without a country code belong.
    pub(crate) fn facts(self, home: CountryCode) -> Result<LeadFacts, Refusal> {
        let wrong = |field: &str, message: String| {
            Refusal::field(ErrorCode::FieldMismatch, format!("input.invitee.{field}"), message)
        };
        let email = EmailAddress::parse(&self.email).map_err(|error| wrong("email", error.to_string()))?;
        let phone = match self.phone.as_deref().filter(|text| !text.trim().is_empty()) {
            Some(text) => {
                Some(PhoneNumber::parse(text, Some(home)).map_err(|error| wrong("phone", error.to_string()))?)
            }
            None => None,
        };
        Ok(LeadFacts {
            email: Some(email),
            phone,
            name: PersonName::new(self.given_name.as_deref(), self.family_name.as_deref()),
            company_name: self.company_name.as_deref().and_then(tidy),
            job_title: None,
            country: None,
            attribution: Attribution::default(),
        })
    }
}

/// A meeting to move.
#[derive(InputObject)]
pub(crate) struct RescheduleMeetingInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// The meeting.
    pub meeting_id: ID,
    /// The start of another offered slot of the same host.
    pub starts_at: DateTime,
    /// The version you have seen; refused when the meeting changed since.
    pub expected_version: Option<i64>,
}

/// A meeting to call off.
#[derive(InputObject)]
pub(crate) struct CancelMeetingInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// The meeting.
    pub meeting_id: ID,
    /// Why, at most 4000 characters.
    pub reason: Option<String>,
    /// The version you have seen; refused when the meeting changed since.
    pub expected_version: Option<i64>,
}

/// What became of a meeting.
#[derive(InputObject)]
pub(crate) struct RecordMeetingOutcomeInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// The meeting.
    pub meeting_id: ID,
    /// What became of it.
    pub outcome: MeetingOutcomeEnum,
    /// The version you have seen; refused when the meeting changed since.
    pub expected_version: Option<i64>,
}

/// What became of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "MeetingOutcome", remote = "MeetingOutcome")]
pub(crate) enum MeetingOutcomeEnum {
    /// It took place.
    Completed,
    /// The contact did not come.
    NoShow,
}

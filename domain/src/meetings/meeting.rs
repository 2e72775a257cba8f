//! The meeting and the offer it came from.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::availability::OfferRules;
use crate::contacts::Attribution;
use crate::ids::{ContactId, HostId, MeetingId, MeetingTypeId};
use crate::time::Zone;

/// The offer: what can be booked, with whom and by which rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeetingType {
    /// Its id.
    pub id: MeetingTypeId,
    /// Its name in URLs and forms, unique in the workspace.
    pub slug: String,
    /// Its name for people.
    pub name: String,
    /// Duration, grid, buffers, notice, window and limits.
    pub rules: OfferRules,
    /// The hosts who can take it. One host: theirs alone; several: round robin.
    pub hosts: Vec<HostId>,
    /// Where it takes place: a video link or an address.
    pub location: Option<String>,
    /// Whether it is offered at present.
    pub active: bool,
}

impl MeetingType {
    /// How long a meeting of this type lasts.
    pub fn duration(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.rules.duration_minutes))
    }
}

/// Where a meeting is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeetingStatus {
    /// Agreed; it takes its hosts' time.
    Confirmed,
    /// Called off; it takes nobody's time.
    Cancelled,
    /// It took place.
    Completed,
    /// The contact did not come.
    NoShow,
}

/// What became of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MeetingOutcome {
    /// It took place.
    Completed,
    /// The contact did not come.
    NoShow,
}

impl From<MeetingOutcome> for MeetingStatus {
    fn from(outcome: MeetingOutcome) -> Self {
        match outcome {
            MeetingOutcome::Completed => Self::Completed,
            MeetingOutcome::NoShow => Self::NoShow,
        }
    }
}

/// One agreed appointment. Instants are UTC; the zones are kept beside them for the edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meeting {
    /// Its id.
    pub id: MeetingId,
    /// The person met.
    pub contact: ContactId,
    /// The offer it came from.
    pub meeting_type: MeetingTypeId,
    /// Who is booked.
    pub host: HostId,
    /// What it is called in calendars and in the CRM.
    pub title: String,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// The zone the contact booked in: labels only.
    pub contact_zone: Zone,
    /// The zone of the host's schedule at booking.
    pub host_zone: Zone,
    /// Where it is in its life.
    pub status: MeetingStatus,
    /// Where it takes place.
    pub location: Option<String>,
    /// iCalendar UID (RFC 5545 §3.8.4.7): the same through every reschedule.
    pub calendar_uid: String,
    /// iCalendar SEQUENCE (RFC 5545 §3.8.7.4): grows with each change of time and with the cancellation.
    pub sequence: i32,
    /// How the contact came here; copied at booking, never rewritten.
    pub attribution: Attribution,
    /// What the contact wrote when booking.
    pub note: Option<String>,
    /// Why it was cancelled, in the canceller's words.
    pub cancel_reason: Option<String>,
    /// When it was booked.
    pub booked_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Grows with every change: for optimistic concurrency and for "bring it to version n".
    pub version: i64,
}

impl Meeting {
    /// The meeting as events carry it: without what people wrote, campaigns in links included, which may be personal.
    #[must_use]
    pub fn without_words(&self) -> Self {
        Self { note: None, cancel_reason: None, attribution: Attribution::default(), ..self.clone() }
    }
}

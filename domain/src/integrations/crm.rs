//! The port to a CRM: what Meridian asks of one, in its own words, and how it may fail.
//!
//! Every write is an upsert keyed by an id of ours, so that writing twice is writing once. What a `None` stands for
//! is "leave the CRM's own value alone": sales people fill in what a form did not ask, and we never wipe it.
//! Deliberately absent: reading a CRM back, and anything that only one vendor knows.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::ids::{ContactId, MeetingId, TaskId};
use crate::operation::CorrelationId;

/// A CRM that holds images of our contacts, tasks and meetings.
///
/// Each call may be repeated with the same value any number of times: there is one record afterwards. It fails with a
/// [`Fault`], never with a panic, and never without an answer: the connector bounds its own time.
#[async_trait]
pub trait Crm: Send + Sync {
    /// Brings a contact to the CRM. A record that the CRM already had under the contact's e-mail address is adopted.
    async fn upsert_contact(&self, call: &Call, contact: &CrmContact) -> Result<ExternalRecord, Fault>;
    /// Brings an owner's task to the CRM and ties it to its contact.
    async fn upsert_task(&self, call: &Call, task: &CrmTask) -> Result<ExternalRecord, Fault>;
    /// Brings a meeting to the CRM and ties it to its contact.
    async fn upsert_meeting(&self, call: &Call, meeting: &CrmMeeting) -> Result<ExternalRecord, Fault>;
}

/// On behalf of what a connector calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Sent along, so that the provider's log and ours tell one story.
    pub correlation: CorrelationId,
}

/// A contact as a CRM is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrmContact {
    /// Our id: the key of the upsert.
    pub id: ContactId,
    /// E-mail address.
    pub email: Option<String>,
    /// Phone number, E.164.
    pub phone: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Name of the employer.
    pub company: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// How the lead reached us, in our vocabulary.
    pub lead_source: Option<String>,
    /// The channel of the first touch.
    pub original_source: Option<String>,
    /// The channel of the latest touch.
    pub latest_source: Option<String>,
    /// Further canonical properties by name (`utm_source`, …): lower-case letters, digits and `_`.
    pub properties: BTreeMap<String, String>,
    /// Points of the scoring model.
    pub score: Option<i32>,
    /// The owner, by the CRM's id.
    pub owner_external_id: Option<String>,
}

/// A follow-up as a CRM is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrmTask {
    /// Our id: the key of the upsert.
    pub id: TaskId,
    /// One line.
    pub subject: String,
    /// What to do and why.
    pub body: String,
    /// When it must be done.
    pub due_at: DateTime<Utc>,
    /// How pressing it is.
    pub priority: CrmTaskPriority,
    /// `None` leaves the CRM's own: somebody may have completed it there, and telling again must not reopen it.
    pub status: Option<CrmTaskStatus>,
    /// The owner, by the CRM's id.
    pub owner_external_id: Option<String>,
    /// The contact, by the CRM's id.
    pub contact_external_id: String,
}

/// How pressing a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrmTaskPriority {
    /// When there is time.
    Low,
    /// In turn.
    Medium,
    /// First.
    High,
}

/// Whether a task is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrmTaskStatus {
    /// Still to do.
    Open,
    /// Done.
    Completed,
}

/// A meeting as a CRM is told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrmMeeting {
    /// Our id: the key of the upsert.
    pub id: MeetingId,
    /// Our version; written along, so that a reconciliation can see how old the image is.
    pub version: i64,
    /// One line.
    pub title: String,
    /// Agenda and answers.
    pub body: String,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End, exclusive.
    pub ends_at: DateTime<Utc>,
    /// What became of it.
    pub outcome: CrmMeetingOutcome,
    /// The calendar entry's `UID` (RFC 5545 §3.8.4.7).
    pub calendar_uid: String,
    /// Where it takes place, for people.
    pub location: Option<String>,
    /// Where one joins: a URL.
    pub join_url: Option<String>,
    /// The owner, by the CRM's id.
    pub owner_external_id: Option<String>,
    /// The contact, by the CRM's id.
    pub contact_external_id: String,
}

/// What became of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrmMeetingOutcome {
    /// Agreed, at its first time.
    Scheduled,
    /// It took place.
    Completed,
    /// Agreed, at another time than at first.
    Rescheduled,
    /// The contact did not come.
    NoShow,
    /// It was called off.
    Canceled,
}

/// The CRM's record that now holds ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalRecord {
    /// The CRM's id.
    pub id: String,
    /// Whether this very call made it.
    pub created: bool,
}

/// Why a connector could not do what it was asked.
///
/// Texts in here go to logs, dead letters and screens: a connector puts nothing personal into them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It may work later: a time-out, a dropped connection, 429, 5xx, an answer that cannot be read. The write may
    /// have happened; that is why it is an upsert.
    #[error("{reason}{}", .after.map(|wait| format!(" Asked to wait {} s.", wait.as_secs_f64())).unwrap_or_default())]
    RetryAfter {
        /// How long the provider told us to wait; `None` when it did not say.
        after: Option<Duration>,
        /// A sentence.
        reason: String,
    },
    /// It cannot work as it is: somebody has to change the data, the mapping or the provider's settings.
    #[error("{message} (HTTP {status}, {code})")]
    Permanent {
        /// The HTTP status.
        status: u16,
        /// The provider's code, or ours, in capitals.
        code: String,
        /// A sentence.
        message: String,
        /// The provider's answer, cut and with personal data blotted out.
        body: String,
    },
    /// The provider refuses our credentials: somebody has to authorise the connection anew.
    #[error("{message}")]
    Reauthorise {
        /// A sentence.
        message: String,
    },
}

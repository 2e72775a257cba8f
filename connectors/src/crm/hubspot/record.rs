//! What HubSpot calls our things: object types, property names and the values in them.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::integrations::crm::{CrmContact, CrmMeeting, CrmMeetingOutcome, CrmTask, CrmTaskPriority, CrmTaskStatus};

/// Properties whose values never enter a fault.
const PERSONAL: &[&str] = &[
    "email",
    "phone",
    "firstname",
    "lastname",
    "company",
    "jobtitle",
    "hs_meeting_title",
    "hs_meeting_body",
    "hs_meeting_location",
    "hs_meeting_external_url",
    "hs_task_subject",
    "hs_task_body",
];
/// Our own properties start with this, so that they cannot collide with HubSpot's or another app's.
pub(super) const OWN_PREFIX: &str = "meridian_";

/// A kind of record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Object {
    /// A person.
    Contact,
    /// A follow-up.
    Task,
    /// An appointment.
    Meeting,
}

impl Object {
    /// Its name in paths.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Contact => "contacts",
            Self::Task => "tasks",
            Self::Meeting => "meetings",
        }
    }

    /// The unique property that holds our id.
    pub(super) fn id_property(self) -> &'static str {
        match self {
            Self::Contact => "meridian_contact_id",
            Self::Task => "meridian_task_id",
            Self::Meeting => "meridian_meeting_id",
        }
    }
}

/// A record as HubSpot is to hold it.
pub(super) struct Record {
    pub(super) object: Object,
    /// Our id.
    pub(super) id: String,
    /// By HubSpot's names, our id among them; what is absent stays as HubSpot has it.
    pub(super) properties: BTreeMap<String, String>,
}

impl Record {
    fn new<'a>(object: Object, id: String, values: impl IntoIterator<Item = (&'a str, Option<String>)>) -> Self {
        let mut properties: BTreeMap<String, String> =
            values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        properties.insert(object.id_property().to_owned(), id.clone());
        Self { object, id, properties }
    }

    pub(super) fn of_contact(contact: &CrmContact) -> Self {
        let mut record = Self::new(
            Object::Contact,
            contact.id.to_string(),
            [
                ("email", contact.email.clone()),
                ("phone", contact.phone.clone()),
                ("firstname", contact.first_name.clone()),
                ("lastname", contact.last_name.clone()),
                ("company", contact.company.clone()),
                ("jobtitle", contact.job_title.clone()),
                ("hubspot_owner_id", contact.owner_external_id.clone()),
                ("meridian_lead_source", contact.lead_source.clone()),
                ("meridian_original_source", contact.original_source.clone()),
                ("meridian_latest_source", contact.latest_source.clone()),
                ("meridian_score", contact.score.map(|score| score.to_string())),
            ],
        );
        let further = contact.properties.iter().map(|(name, value)| (format!("{OWN_PREFIX}{name}"), value.clone()));
        record.properties.extend(further);
        record
    }

    pub(super) fn of_task(task: &CrmTask) -> Self {
        Self::new(
            Object::Task,
            task.id.to_string(),
            [
                ("hs_task_subject", Some(task.subject.clone())),
                ("hs_task_body", Some(task.body.clone())),
                // A task's hs_timestamp is when it is due.
                ("hs_timestamp", Some(instant(task.due_at))),
                ("hs_task_priority", Some(priority(task.priority).to_owned())),
                ("hs_task_status", task.status.map(|status| task_status(status).to_owned())),
                ("hubspot_owner_id", task.owner_external_id.clone()),
            ],
        )
    }

    pub(super) fn of_meeting(meeting: &CrmMeeting) -> Self {
        Self::new(
            Object::Meeting,
            meeting.id.to_string(),
            [
                ("hs_timestamp", Some(instant(meeting.starts_at))),
                ("hs_meeting_title", Some(meeting.title.clone())),
                ("hs_meeting_body", Some(meeting.body.clone())),
                ("hs_meeting_start_time", Some(instant(meeting.starts_at))),
                ("hs_meeting_end_time", Some(instant(meeting.ends_at))),
                ("hs_meeting_outcome", Some(outcome(meeting.outcome).to_owned())),
                ("hs_meeting_location", meeting.location.clone()),
                ("hs_meeting_external_url", meeting.join_url.clone()),
                ("hubspot_owner_id", meeting.owner_external_id.clone()),
                ("meridian_calendar_uid", Some(meeting.calendar_uid.clone())),
                ("meridian_version", Some(meeting.version.to_string())),
            ],
        )
    }

    /// The values to blot out of whatever HubSpot says about this record.
    pub(super) fn personal(&self) -> impl Iterator<Item = &str> {
        PERSONAL.iter().filter_map(|name| self.properties.get(*name)).map(String::as_str)
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn priority(priority: CrmTaskPriority) -> &'static str {
    match priority {
        CrmTaskPriority::Low => "LOW",
        CrmTaskPriority::Medium => "MEDIUM",
        CrmTaskPriority::High => "HIGH",
    }
}

fn task_status(status: CrmTaskStatus) -> &'static str {
    match status {
        CrmTaskStatus::Open => "NOT_STARTED",
        CrmTaskStatus::Completed => "COMPLETED",
    }
}

fn outcome(outcome: CrmMeetingOutcome) -> &'static str {
    match outcome {
        CrmMeetingOutcome::Scheduled => "SCHEDULED",
        CrmMeetingOutcome::Completed => "COMPLETED",
        CrmMeetingOutcome::Rescheduled => "RESCHEDULED",
        CrmMeetingOutcome::NoShow => "NO_SHOW",
        CrmMeetingOutcome::Canceled => "CANCELED",
    }
}

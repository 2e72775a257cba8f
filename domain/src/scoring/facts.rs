//! What is known of a contact when it is scored.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::activities::{Activity, ActivityKind};
use crate::contacts::Contact;
use crate::ids::ActivityId;

/// The fields of a contact that a rule may look at. The identity of the person (name, the address itself) is left
/// out on purpose: it must not give points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoredField {
    /// What follows the `@`.
    EmailDomain,
    /// The E.164 number.
    Phone,
    /// The company's name.
    CompanyName,
    /// The job title.
    JobTitle,
    /// ISO 3166-1 alpha-2.
    Country,
    /// How the lead was won.
    LeadSource,
    /// Source of the first touch.
    OriginalSource,
    /// Source of the latest touch.
    LatestSource,
    /// Medium of the latest touch.
    UtmMedium,
    /// Campaign of the latest touch.
    UtmCampaign,
}

impl ScoredField {
    /// The JSON name.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::EmailDomain => "email_domain",
            Self::Phone => "phone",
            Self::CompanyName => "company_name",
            Self::JobTitle => "job_title",
            Self::Country => "country",
            Self::LeadSource => "lead_source",
            Self::OriginalSource => "original_source",
            Self::LatestSource => "latest_source",
            Self::UtmMedium => "utm_medium",
            Self::UtmCampaign => "utm_campaign",
        }
    }

    fn of(self, contact: &Contact) -> Option<&str> {
        let attribution = &contact.attribution;
        match self {
            Self::EmailDomain => contact.email.as_ref().map(crate::contacts::EmailAddress::domain),
            Self::Phone => contact.phone.as_ref().map(crate::contacts::PhoneNumber::as_str),
            Self::CompanyName => contact.company_name.as_deref(),
            Self::JobTitle => contact.job_title.as_deref(),
            Self::Country => contact.country.map(crate::contacts::CountryCode::as_str),
            Self::LeadSource => attribution.lead_source.as_deref(),
            Self::OriginalSource => attribution.original_source.as_deref(),
            Self::LatestSource => attribution.latest_source.as_deref(),
            Self::UtmMedium => attribution.utm_medium.as_deref(),
            Self::UtmCampaign => attribution.utm_campaign.as_deref(),
        }
    }
}

/// A contact and the set of what it did.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    contact: &'a Contact,
    activities: BTreeMap<ActivityId, &'a Activity>,
}

impl<'a> Facts<'a> {
    /// Collects the activities into a set by id; those of other contacts are left out, and so is an outcome that was
    /// corrected: of each meeting the latest counts.
    pub fn new(contact: &'a Contact, activities: impl IntoIterator<Item = &'a Activity>) -> Self {
        let own = activities.into_iter().filter(|activity| activity.contact == contact.id);
        let mut activities: BTreeMap<ActivityId, &'a Activity> = own.map(|activity| (activity.id, activity)).collect();
        let mut latest: HashMap<&str, (DateTime<Utc>, ActivityId)> = HashMap::new();
        for (id, activity) in &activities {
            if let Some(meeting) = meeting_of_outcome(activity) {
                let at = (activity.occurred_at, *id);
                let known = latest.entry(meeting).or_insert(at);
                *known = at.max(*known);
            }
        }
        activities.retain(|id, activity| {
            meeting_of_outcome(activity).and_then(|meeting| latest.get(meeting)).is_none_or(|(_, last)| last == id)
        });
        Self { contact, activities }
    }

    pub(super) fn field(&self, field: ScoredField) -> Option<&'a str> {
        field.of(self.contact)
    }

    pub(super) fn activities(&self, kind: ActivityKind) -> impl Iterator<Item = &'a Activity> {
        self.activities.values().copied().filter(move |activity| activity.kind == kind)
    }

    /// The values of the latest form that answers `question`; of several at one instant, of the greatest id.
    pub(super) fn answer(&self, question: &str) -> Vec<String> {
        self.activities(ActivityKind::FormSubmit)
            .filter_map(|form| Some((form.occurred_at, form.id, form.properties.get("answers")?.get(question)?)))
            .max_by_key(|(at, id, _)| (*at, *id))
            .map(|(_, _, value)| texts(value))
            .unwrap_or_default()
    }
}

/// The meeting whose outcome this is.
fn meeting_of_outcome(activity: &Activity) -> Option<&str> {
    let is_outcome = activity.kind == ActivityKind::MeetingOutcome;
    is_outcome.then(|| activity.properties.get("meeting")?.as_str()).flatten()
}

/// The texts of a JSON value that a rule can compare: itself, or the members of a list.
pub(super) fn texts(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Number(number) => vec![number.to_string()],
        serde_json::Value::Bool(flag) => vec![flag.to_string()],
        serde_json::Value::Array(list) => list.iter().flat_map(texts).collect(),
        serde_json::Value::Null | serde_json::Value::Object(_) => Vec::new(),
    }
}

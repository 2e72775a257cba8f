//! The contact itself, and the facts about a lead that may become part of one.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Attribution, CountryCode, EmailAddress, PersonName, PhoneNumber, company_key};
use crate::ids::{AccountId, ContactId, HostId};

/// A person met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The key: never changes, and nothing else is one.
    pub id: ContactId,
    /// First secondary key.
    pub email: Option<EmailAddress>,
    /// Second secondary key.
    pub phone: Option<PhoneNumber>,
    /// As the person writes it.
    pub given_name: Option<String>,
    /// As the person writes it.
    pub family_name: Option<String>,
    /// As the person writes it; compared through [`company_key`].
    pub company_name: Option<String>,
    /// As the person writes it.
    pub job_title: Option<String>,
    /// Where the person is.
    pub country: Option<CountryCode>,
    /// The company it belongs to.
    pub account: Option<AccountId>,
    /// Who looks after this contact.
    pub owner: Option<HostId>,
    /// How far it has come.
    pub lifecycle: Lifecycle,
    /// First and latest touch.
    pub attribution: Attribution,
    /// When the latest touch with a source was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touched_at: Option<DateTime<Utc>>,
    /// When the newest word about it was said, in the speaker's time: deliveries overtake each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<DateTime<Utc>>,
    /// Points by the model of `score_version`.
    pub score: Option<i32>,
    /// The version of the scoring model that gave `score`.
    pub score_version: Option<i32>,
    /// When it reached the threshold for the first time; set once.
    pub mql_at: Option<DateTime<Utc>>,
    /// When Meridian first heard of it.
    pub created_at: DateTime<Utc>,
    /// When a field last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts changes, from 1; for optimistic concurrency.
    pub version: i64,
}

impl Contact {
    /// A contact of which nothing is known yet but that it exists; `merge_into` gives it its first facts.
    pub fn blank(id: ContactId, now: DateTime<Utc>) -> Self {
        Self {
            id,
            email: None,
            phone: None,
            given_name: None,
            family_name: None,
            company_name: None,
            job_title: None,
            country: None,
            account: None,
            owner: None,
            lifecycle: Lifecycle::Lead,
            attribution: Attribution::default(),
            touched_at: None,
            heard_at: None,
            score: None,
            score_version: None,
            mql_at: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// The secondary keys that an incoming lead is compared with.
    pub fn keys(&self) -> LeadKeys {
        let name = PersonName::new(self.given_name.as_deref(), self.family_name.as_deref());
        LeadKeys::new(self.email.clone(), self.phone.clone(), &name, self.company_name.as_deref())
    }
}

/// How far a contact has come. The order is the order of the funnel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifecycle {
    /// Known, not yet qualified.
    #[default]
    Lead,
    /// Marketing qualified: the score reached the threshold.
    Mql,
    /// Sales qualified: the owner accepted it.
    Sql,
    /// Bought.
    Customer,
}

impl Lifecycle {
    /// Every value, in the order of the funnel.
    pub const ALL: [Self; 4] = [Self::Lead, Self::Mql, Self::Sql, Self::Customer];

    /// The stored text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Mql => "mql",
            Self::Sql => "sql",
            Self::Customer => "customer",
        }
    }

    /// From the stored text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == text)
    }
}

impl fmt::Display for Lifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a form, an import or a CRM says about a person, already normalised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeadFacts {
    /// Normalised address.
    pub email: Option<EmailAddress>,
    /// Normalised number.
    pub phone: Option<PhoneNumber>,
    /// Tidied name.
    pub name: PersonName,
    /// Tidied company name.
    pub company_name: Option<String>,
    /// Tidied job title.
    pub job_title: Option<String>,
    /// Where the person is.
    pub country: Option<CountryCode>,
    /// The touch that brought these facts.
    pub attribution: Attribution,
}

impl LeadFacts {
    /// The secondary keys among these facts.
    pub fn keys(&self) -> LeadKeys {
        LeadKeys::new(self.email.clone(), self.phone.clone(), &self.name, self.company_name.as_deref())
    }
}

/// The secondary keys of a person, each in the one spelling that is compared and stored for look-up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LeadKeys {
    /// Normalised address.
    pub email: Option<EmailAddress>,
    /// E.164.
    pub phone: Option<PhoneNumber>,
    /// Folded given and family name.
    pub name: Option<String>,
    /// Folded company name without its legal form.
    pub company: Option<String>,
}

impl LeadKeys {
    /// Folds name and company; e-mail and phone are normalised already.
    pub fn new(
        email: Option<EmailAddress>,
        phone: Option<PhoneNumber>,
        name: &PersonName,
        company: Option<&str>,
    ) -> Self {
        Self { email, phone, name: name.key(), company: company.and_then(company_key) }
    }

    /// Name and company as one text, the third key. `None` unless both are known.
    pub fn name_and_company(&self) -> Option<String> {
        Some(format!("{}\n{}", self.name.as_deref()?, self.company.as_deref()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_read_as_they_are_written() {
        assert!(Lifecycle::ALL.is_sorted());
        for stage in Lifecycle::ALL {
            assert_eq!(Lifecycle::parse(stage.as_str()), Some(stage));
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
        }
        assert_eq!(Lifecycle::parse("Lead"), None);
    }

    #[test]
    fn the_third_key_needs_name_and_company() {
        let name = PersonName::from_full("Ada Lovelace");
        let keys = LeadKeys::new(None, None, &name, Some("Analytical Engines Ltd."));
        assert_eq!(keys.name_and_company().as_deref(), Some("ada lovelace\nanalytical engines"));
        assert_eq!(LeadKeys::new(None, None, &name, None).name_and_company(), None);
    }
}

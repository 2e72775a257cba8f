//! What an upsert changes on a contact.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Contact, LeadFacts};

/// A field that an upsert can change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactField {
    /// First secondary key.
    Email,
    /// Second secondary key.
    Phone,
    /// Part of the third secondary key.
    GivenName,
    /// Part of the third secondary key.
    FamilyName,
    /// A fact.
    CompanyName,
    /// A fact.
    JobTitle,
    /// A fact.
    Country,
    /// First and latest touch.
    Attribution,
}

/// One field that changed. The values are not part of it: they are personal data, and the store has both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", content = "field", rename_all = "snake_case")]
pub enum Change {
    /// Was empty.
    Filled(ContactField),
    /// Had another value.
    Updated(ContactField),
}

/// Brings `incoming` into `contact` and says what changed.
///
/// Identity (e-mail, phone, the two names) is only filled where it is blank: a lead that was matched by phone must
/// not replace the address others know the contact by. Facts (company, job title, country) follow the newest
/// word; silence changes nothing. Attribution follows [`super::Attribution::first_and_latest`]. `updated_at` and
/// `version` move only if something changed, so saying the same thing twice is saying it once.
#[must_use = "the changes are the event to be written with the contact"]
pub fn merge_into(contact: &mut Contact, incoming: &LeadFacts, now: DateTime<Utc>) -> Vec<Change> {
    use ContactField as Field;

    let attribution = contact.attribution.first_and_latest(&incoming.attribution);
    let touched = attribution != contact.attribution;
    contact.attribution = attribution;
    let changes: Vec<_> = [
        fill(&mut contact.email, incoming.email.as_ref(), Field::Email),
        fill(&mut contact.phone, incoming.phone.as_ref(), Field::Phone),
        fill(&mut contact.given_name, incoming.name.given.as_ref(), Field::GivenName),
        fill(&mut contact.family_name, incoming.name.family.as_ref(), Field::FamilyName),
        follow(&mut contact.company_name, incoming.company_name.as_ref(), Field::CompanyName),
        follow(&mut contact.job_title, incoming.job_title.as_ref(), Field::JobTitle),
        follow(&mut contact.country, incoming.country.as_ref(), Field::Country),
        touched.then_some(Change::Updated(Field::Attribution)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !changes.is_empty() {
        contact.updated_at = now;
        contact.version += 1;
    }
    changes
}

fn fill<T: Clone>(known: &mut Option<T>, new: Option<&T>, field: ContactField) -> Option<Change> {
    if known.is_some() || new.is_none() {
        return None;
    }
    *known = new.cloned();
    Some(Change::Filled(field))
}

fn follow<T: Clone + PartialEq>(known: &mut Option<T>, new: Option<&T>, field: ContactField) -> Option<Change> {
    if new.is_none() || known.as_ref() == new {
        return None;
    }
    let change = if known.is_some() { Change::Updated(field) } else { Change::Filled(field) };
    *known = new.cloned();
    Some(change)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;
    use crate::contacts::{Attribution, EmailAddress, PersonName};
    use crate::ids::{ContactId, EntityId};

    const DAY_0: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn facts(email: &str, company: &str, source: &str) -> LeadFacts {
        LeadFacts {
            email: EmailAddress::parse(email).ok(),
            name: PersonName::from_full("Ada Lovelace"),
            company_name: Some(company.to_owned()),
            attribution: Attribution { utm_source: Some(source.to_owned()), ..Attribution::default() },
            ..LeadFacts::default()
        }
    }

    fn known() -> Contact {
        let mut contact = Contact::blank(ContactId::from_uuid(Uuid::from_u128(1)), DAY_0);
        let changes = merge_into(&mut contact, &facts("ada@work.example", "Engines", "google"), DAY_0);
        assert_eq!(changes.len(), 5, "{changes:?}");
        contact
    }

    #[test]
    fn identity_is_filled_and_facts_follow() {
        let mut contact = known();
        let later = DAY_0 + TimeDelta::days(1);
        let changes = merge_into(&mut contact, &facts("ada@home.example", "Looms", "newsletter"), later);
        let expected = [Change::Updated(ContactField::CompanyName), Change::Updated(ContactField::Attribution)];
        assert_eq!(changes, expected);
        assert_eq!(contact.email.as_ref().map(EmailAddress::as_str), Some("ada@work.example"));
        assert_eq!(contact.company_name.as_deref(), Some("Looms"));
        assert_eq!(contact.attribution.original_source.as_deref(), Some("google"));
        assert_eq!(contact.attribution.latest_source.as_deref(), Some("newsletter"));
        assert_eq!((contact.version, contact.updated_at, contact.created_at), (3, later, DAY_0));
    }

    #[test]
    fn the_same_facts_twice_change_nothing() {
        let mut contact = known();
        let before = contact.clone();
        let again =
            merge_into(&mut contact, &facts("ada@work.example", "Engines", "google"), DAY_0 + TimeDelta::days(1));
        assert_eq!(again, []);
        assert_eq!(contact, before);
    }

    #[test]
    fn silence_is_not_a_change() {
        let mut contact = known();
        assert_eq!(merge_into(&mut contact, &LeadFacts::default(), DAY_0), []);
    }
}

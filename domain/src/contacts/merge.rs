//! What an upsert changes on a contact.

use chrono::{DateTime, Utc};

use super::{Contact, LeadFacts};

/// Brings what was said `at` an instant into `contact`.
///
/// Identity (e-mail, phone, the two names) is only filled where it is blank: a lead that was matched by phone must
/// not replace the address others know the contact by. Facts (company, job title, country) follow the newest word,
/// whatever order the words arrive in; silence changes nothing. Attribution follows [`super::Attribution::after`].
pub fn merge_into(contact: &mut Contact, incoming: &LeadFacts, at: DateTime<Utc>) {
    fill(&mut contact.email, incoming.email.as_ref());
    fill(&mut contact.phone, incoming.phone.as_ref());
    fill(&mut contact.given_name, incoming.name.given.as_ref());
    fill(&mut contact.family_name, incoming.name.family.as_ref());
    let is_newest = contact.heard_at.is_none_or(|heard| heard <= at);
    follow(&mut contact.company_name, incoming.company_name.as_ref(), is_newest);
    follow(&mut contact.job_title, incoming.job_title.as_ref(), is_newest);
    follow(&mut contact.country, incoming.country.as_ref(), is_newest);
    contact.heard_at = contact.heard_at.max(Some(at));
    if incoming.attribution.names_a_source() {
        let is_latest = contact.touched_at.is_none_or(|touched| touched <= at);
        contact.attribution = contact.attribution.after(&incoming.attribution, is_latest);
        contact.touched_at = contact.touched_at.max(Some(at));
    }
}

fn fill<T: Clone>(known: &mut Option<T>, new: Option<&T>) {
    if known.is_none() {
        *known = new.cloned();
    }
}

fn follow<T: Clone>(known: &mut Option<T>, new: Option<&T>, is_newest: bool) {
    if new.is_some() && (is_newest || known.is_none()) {
        *known = new.cloned();
    }
}

#[cfg(test)]
mod tests {
    use chrono::Days;
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

    fn day_1() -> DateTime<Utc> {
        DAY_0 + Days::new(1)
    }

    /// A new contact after these words, in this order.
    fn after(words: &[(&LeadFacts, DateTime<Utc>)]) -> Contact {
        let mut contact = Contact::blank(ContactId::from_uuid(Uuid::from_u128(1)), DAY_0);
        for (facts, at) in words {
            merge_into(&mut contact, facts, *at);
        }
        contact
    }

    #[test]
    fn identity_is_filled_and_facts_follow() {
        let first = facts("ada@work.example", "Engines", "google");
        let second = facts("ada@home.example", "Looms", "newsletter");
        let contact = after(&[(&first, DAY_0), (&second, day_1())]);
        assert_eq!(contact.email.as_ref().map(EmailAddress::as_str), Some("ada@work.example"));
        assert_eq!(contact.company_name.as_deref(), Some("Looms"));
        assert_eq!(contact.attribution.original_source.as_deref(), Some("google"));
        assert_eq!(contact.attribution.latest_source.as_deref(), Some("newsletter"));
    }

    #[test]
    fn the_newest_word_counts_whichever_arrives_first() {
        let first = facts("ada@work.example", "Engines", "google");
        let second = facts("ada@work.example", "Looms", "newsletter");
        let contact = after(&[(&second, day_1()), (&first, DAY_0)]);
        assert_eq!(contact.company_name.as_deref(), Some("Looms"));
        assert_eq!(contact.attribution.latest_source.as_deref(), Some("newsletter"));
        assert_eq!(contact.attribution.utm_source.as_deref(), Some("newsletter"));
        let in_order = after(&[(&first, DAY_0), (&second, day_1())]);
        assert_eq!((contact.heard_at, contact.touched_at), (in_order.heard_at, in_order.touched_at));
    }

    #[test]
    fn a_late_word_fills_what_the_newer_ones_left_out() {
        let silent = LeadFacts { job_title: Some("Countess".to_owned()), ..LeadFacts::default() };
        let contact = after(&[(&silent, day_1()), (&facts("ada@work.example", "Engines", "google"), DAY_0)]);
        assert_eq!(contact.company_name.as_deref(), Some("Engines"));
        assert_eq!(contact.job_title.as_deref(), Some("Countess"));
        assert_eq!(contact.attribution.latest_source.as_deref(), Some("google"), "the newer word had no source");
    }

    #[test]
    fn the_same_facts_twice_change_nothing() {
        let said = facts("ada@work.example", "Engines", "google");
        assert_eq!(after(&[(&said, DAY_0), (&said, DAY_0)]), after(&[(&said, DAY_0)]));
    }

    #[test]
    fn silence_is_not_a_change() {
        let said = facts("ada@work.example", "Engines", "google");
        let known = after(&[(&said, DAY_0)]);
        let silent = after(&[(&said, DAY_0), (&LeadFacts::default(), DAY_0)]);
        assert_eq!(silent, known);
    }
}

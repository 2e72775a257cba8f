//! Brings a contact to the CRM.

use domain::contacts::Contact;
use domain::integrations::EntityLink;
use domain::integrations::crm::{Crm, CrmContact};
use persistence::contacts::find_contact;

use super::{Destination, gone};
use crate::deliveries::Answer;

/// Brings the contact to its newest version, unless the CRM has it already.
pub(in crate::deliveries) async fn sync(to: &Destination<'_>) -> Result<Vec<EntityLink>, Answer> {
    let contact = find(to).await?;
    if to.holds(contact.id, contact.version).await? {
        return Ok(Vec::new());
    }
    Ok(vec![write(to, &*to.open().await?, &contact).await?])
}

/// The contact by the CRM's id, for what is to be tied to it. A contact that the CRM has never confirmed is written
/// first; its link is then added to `links`.
pub(super) async fn ensure(to: &Destination<'_>, crm: &dyn Crm, links: &mut Vec<EntityLink>) -> Result<String, Answer> {
    if let Some(link) = to.link(to.contact).await? {
        return Ok(link.external_id);
    }
    let link = write(to, crm, &find(to).await?).await?;
    let external_id = link.external_id.clone();
    links.push(link);
    Ok(external_id)
}

async fn find(to: &Destination<'_>) -> Result<Contact, Answer> {
    find_contact(&to.reader, to.contact).await?.ok_or_else(|| gone("contact"))
}

async fn write(to: &Destination<'_>, crm: &dyn Crm, contact: &Contact) -> Result<EntityLink, Answer> {
    let owner = to.owner(contact.owner).await?;
    let record = crm.upsert_contact(&to.call, &image(contact, owner)).await?;
    Ok(to.confirmed(contact.id, contact.version, record))
}

/// The contact as the CRM is told about it.
fn image(contact: &Contact, owner_external_id: Option<String>) -> CrmContact {
    let touch = &contact.attribution;
    let further = [
        ("utm_source", &touch.utm_source),
        ("utm_medium", &touch.utm_medium),
        ("utm_campaign", &touch.utm_campaign),
        ("utm_term", &touch.utm_term),
        ("utm_content", &touch.utm_content),
        ("campaign_id", &touch.campaign_id),
    ];
    let known = further.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    CrmContact {
        id: contact.id,
        email: contact.email.as_ref().map(ToString::to_string),
        phone: contact.phone.as_ref().map(ToString::to_string),
        first_name: contact.given_name.clone(),
        last_name: contact.family_name.clone(),
        company: contact.company_name.clone(),
        job_title: contact.job_title.clone(),
        lead_source: touch.lead_source.clone(),
        original_source: touch.original_source.clone(),
        latest_source: touch.latest_source.clone(),
        properties: known.collect(),
        score: contact.score,
        owner_external_id,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::DateTime;
    use domain::contacts::{Attribution, PhoneNumber};
    use domain::ids::{ContactId, EntityId};

    use super::*;

    #[test]
    fn what_is_unknown_is_left_to_the_crm() {
        let blank = Contact::blank(ContactId::from_uuid(uuid::Uuid::from_u128(1)), DateTime::UNIX_EPOCH);
        let told = image(&blank, None);
        assert_eq!((told.email, told.score, told.owner_external_id), (None, None, None));
        assert_eq!(told.properties, BTreeMap::new());
    }

    #[test]
    fn a_known_contact_is_told_with_its_latest_touch() {
        let blank = Contact::blank(ContactId::from_uuid(uuid::Uuid::from_u128(1)), DateTime::UNIX_EPOCH);
        let contact = Contact {
            email: "ada@example.com".parse().ok(),
            phone: PhoneNumber::parse("+442071838750", None).ok(),
            given_name: Some("Ada".to_owned()),
            score: Some(80),
            attribution: Attribution {
                utm_source: Some("google".to_owned()),
                lead_source: Some("Webinar".to_owned()),
                ..Attribution::default()
            },
            ..blank
        };
        let told = image(&contact, Some("77".to_owned()));
        assert_eq!(told.email.as_deref(), Some("ada@example.com"));
        assert_eq!(told.phone.as_deref(), Some("+442071838750"));
        assert_eq!(told.lead_source.as_deref(), Some("Webinar"));
        assert_eq!(told.properties, BTreeMap::from([("utm_source".to_owned(), "google".to_owned())]));
        assert_eq!((told.score, told.owner_external_id.as_deref()), (Some(80), Some("77")));
    }
}

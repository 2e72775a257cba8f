//! From a submitted form to normalised facts about a person.

use super::{FormAttribution, FormSubmission};
use crate::contacts::{Attribution, CountryCode, LeadFacts, PersonName, PhoneError, PhoneNumber, tidy};
use crate::limits::SHORT_TEXT_LENGTH_MAX;

/// Something that could not be used. The lead goes on without it: a mistyped number must not cost a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeadWarning {
    /// The telephone number was left out.
    #[error("the telephone number was left out: {0}")]
    Phone(PhoneError),
}

/// Normalises what a form says. `home` is the workspace's country, for numbers of contacts that do not say theirs.
pub fn lead_facts(form: &FormSubmission, home: Option<CountryCode>) -> (LeadFacts, Vec<LeadWarning>) {
    let contact = &form.contact;
    let mut warnings = Vec::new();
    let typed = contact.phone.as_deref().filter(|text| !text.trim().is_empty());
    let phone = typed.and_then(|text| match PhoneNumber::parse(text, contact.country.or(home)) {
        Ok(phone) => Some(phone),
        Err(error) => {
            warnings.push(LeadWarning::Phone(error));
            None
        }
    });
    let facts = LeadFacts {
        email: Some(contact.email.clone()),
        phone,
        name: name(form),
        company_name: contact.company.as_deref().and_then(tidy),
        job_title: contact.job_title.as_deref().and_then(tidy),
        country: contact.country,
        attribution: attribution(&form.attribution, form.page_url.as_deref()),
    };
    (facts, warnings)
}

/// The two fields of the form; the full name only fills both when neither is given, so that no part is there twice.
fn name(form: &FormSubmission) -> PersonName {
    let name = PersonName::new(form.contact.given_name.as_deref(), form.contact.family_name.as_deref());
    match form.contact.full_name.as_deref() {
        Some(full) if name == PersonName::default() => PersonName::from_full(full),
        _ => name,
    }
}

fn attribution(form: &FormAttribution, page_url: Option<&str>) -> Attribution {
    let given = |text: &Option<String>| text.as_deref().and_then(tidy);
    let touch = Attribution {
        utm_source: given(&form.utm_source),
        utm_medium: given(&form.utm_medium),
        utm_campaign: given(&form.utm_campaign),
        utm_term: given(&form.utm_term),
        utm_content: given(&form.utm_content),
        campaign_id: given(&form.campaign_id),
        lead_source: given(&form.lead_source),
        ..Attribution::default()
    };
    // Without a named source the site before is the source, unless it is the form's own site.
    let referrer = form.referrer.as_deref().and_then(site).filter(|_| touch.source().is_none());
    let elsewhere = referrer.filter(|site_before| page_url.and_then(site).as_ref() != Some(site_before));
    Attribution { latest_source: elsewhere, ..touch }
}

/// The host name of a web address, without `www.`.
fn site(url: &str) -> Option<String> {
    let after_scheme = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host = after_scheme.split(['/', '?', '#', ':']).next()?.to_ascii_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let plain = (1..=SHORT_TEXT_LENGTH_MAX).contains(&host.len())
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    plain.then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(contact: &serde_json::Value, referrer: &str) -> FormSubmission {
        let payload = json!({
            "event": "webform_submitted", "version": 1, "occurred_at": "2026-11-01T09:30:00Z", "form_id": "f",
            "contact": contact, "attribution": { "referrer": referrer }, "page_url": "https://www.engines.example/demo"
        });
        super::super::parse_value(payload).unwrap()
    }

    #[test]
    fn a_form_becomes_normalised_facts() {
        let contact = json!({
            "email": "ADA@example.com", "phone": "020 7183 8750", "full_name": " Ada  Lovelace", "company": " Engines ",
            "country": "GB"
        });
        let (facts, warnings) = lead_facts(&form(&contact, ""), None);
        assert_eq!(facts.phone.as_ref().map(PhoneNumber::as_str), Some("+442071838750"));
        assert_eq!(facts.name, PersonName::new(Some("Ada"), Some("Lovelace")));
        assert_eq!(facts.company_name.as_deref(), Some("Engines"));
        assert_eq!(warnings, []);
    }

    #[test]
    fn a_number_that_cannot_be_read_does_not_cost_the_lead() {
        let contact = json!({ "email": "ada@example.com", "phone": "call me" });
        let (facts, warnings) = lead_facts(&form(&contact, ""), CountryCode::parse("GB").ok());
        assert_eq!((facts.phone, warnings), (None, vec![LeadWarning::Phone(PhoneError::Syntax)]));
    }

    #[test]
    fn blank_fields_are_not_given() {
        let mut form = form(&json!({ "email": "ada@example.com", "company": " ", "phone": "" }), "https://x.example");
        form.attribution.utm_source = Some(" ".to_owned());
        let (facts, warnings) = lead_facts(&form, None);
        assert_eq!((facts.company_name, facts.attribution.utm_source, warnings), (None, None, vec![]));
        assert_eq!(facts.attribution.latest_source.as_deref(), Some("x.example"));
    }

    #[test]
    fn the_workspace_s_country_reads_a_number_without_one() {
        let contact = json!({ "email": "ada@example.com", "phone": "020 7183 8750" });
        let (facts, _) = lead_facts(&form(&contact, ""), CountryCode::parse("GB").ok());
        assert_eq!(facts.phone.as_ref().map(PhoneNumber::as_str), Some("+442071838750"));
    }

    #[test]
    fn another_site_is_a_source_and_the_form_s_own_is_not() {
        let source = |referrer| {
            lead_facts(&form(&json!({ "email": "ada@example.com" }), referrer), None).0.attribution.latest_source
        };
        assert_eq!(source("https://www.google.com/search?q=engines").as_deref(), Some("google.com"));
        assert_eq!(source("https://engines.example/"), None);
        assert_eq!(source("android-app://x"), None);
    }
}

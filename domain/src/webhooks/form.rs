//! `webform_submitted`: the payload that starts the pipeline.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::nul_in;
use super::{Violation, violations};
use crate::consent::{Channel, LawfulBasis, Permission};
use crate::contacts::{CountryCode, EmailAddress};

/// A form that a prospect sent, valid by `schemas/webform_submitted.v1.json`. Written out, it is a valid payload
/// again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormSubmission {
    /// Always the one event.
    pub event: WebformSubmitted,
    /// Always 1.
    pub version: u32,
    /// When the form was sent.
    pub occurred_at: DateTime<Utc>,
    /// The sender's name of the form.
    pub form_id: String,
    /// Who sent it.
    pub contact: FormContact,
    /// The other questions, by key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, Answer>,
    /// What the prospect is interested in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_line: Option<String>,
    /// Slug of the meeting type to offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting_type: Option<String>,
    /// The touch that led to the form.
    #[serde(default)]
    pub attribution: FormAttribution,
    /// What the prospect allowed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<FormConsent>,
    /// The page with the form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    /// A time the prospect asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_start: Option<LocalStart>,
}

/// The name of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WebformSubmitted {
    /// `webform_submitted`
    #[serde(rename = "webform_submitted")]
    WebformSubmitted,
}

/// The person, as typed; only address and country are normalised already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormContact {
    /// Normalised address.
    pub email: EmailAddress,
    /// As typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// As typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// As typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// As typed, where the form has one field for the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    /// As typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    /// As typed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    /// Where the person is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// BCP 47.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Yes or no.
    Flag(bool),
    /// A number, as precise as it was sent.
    Number(serde_json::Number),
    /// A text.
    Text(String),
    /// Several choices.
    Choices(Vec<String>),
}

/// Marketing facts of the visit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FormAttribution {
    /// `utm_source`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_source: Option<String>,
    /// `utm_medium`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_medium: Option<String>,
    /// `utm_campaign`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_campaign: Option<String>,
    /// `utm_term`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_term: Option<String>,
    /// `utm_content`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub utm_content: Option<String>,
    /// The campaign's id in the marketing system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// The CRM's word for how the lead was won.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_source: Option<String>,
    /// The page before the form's page, as the browser said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
}

/// One box that was ticked, or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormConsent {
    /// For which channel.
    pub channel: Channel,
    /// Allowed or not.
    pub permission: Permission,
    /// On which ground.
    pub lawful_basis: LawfulBasis,
    /// When.
    pub timestamp: DateTime<Utc>,
    /// The words beside the box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<String>,
}

/// A wall-clock time. Whether it exists, and once, is for the time module to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalStart {
    /// `2026-11-01T01:30`, seconds optional.
    pub local: String,
    /// IANA name.
    pub time_zone: String,
}

/// Reads a raw body.
pub fn parse(body: &[u8]) -> Result<FormSubmission, Vec<Violation>> {
    let payload = serde_json::from_slice(body).map_err(|error| {
        let message = format!("not JSON: stopped at line {}, column {}", error.line(), error.column());
        vec![Violation::whole("json", message)]
    })?;
    parse_value(payload)
}

/// Reads a JSON value, for callers that have parsed the body already. All violations come back together.
pub fn parse_value(payload: Value) -> Result<FormSubmission, Vec<Violation>> {
    let mut found = violations("webform_submitted", 1, &payload);
    found.extend(nul_in(&payload, String::new()));
    if !found.is_empty() {
        return Err(found);
    }
    // What the schema lets through and these types do not (a year that chrono cannot hold). Serde's message would
    // repeat the value.
    serde_json::from_value(payload)
        .map_err(|_| vec![Violation::whole("type", "a value is outside the supported range".to_owned())])
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;

//! Record consent: a contact said what they allow, on the telephone, at a fair, in another system.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Permit, action};
use domain::consent::{Channel, ConsentRecord, LawfulBasis, Permission};
use domain::errors::{Refusal, Violation};
use domain::ids::ContactId;
use domain::limits::{CLOCK_AHEAD_SECONDS_MAX, LONG_TEXT_LENGTH_MAX, SHORT_TEXT_LENGTH_MAX};
use domain::operation::Operation;
use persistence::contacts;
use serde::{Deserialize, Serialize};

use super::append;
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// What a contact said, and where.
#[derive(Debug, Clone, Serialize)]
pub struct RecordConsent {
    /// Who said it.
    pub contact: ContactId,
    /// For which channel.
    pub channel: Channel,
    /// Allowed or not.
    pub permission: Permission,
    /// On which ground.
    pub lawful_basis: LawfulBasis,
    /// When it was said; now, where that is not known.
    pub consent_timestamp: Option<DateTime<Utc>>,
    /// Where it was said: `phone call`, `crm:hubspot`.
    pub source: String,
    /// The words that were agreed to.
    pub wording: Option<String>,
}

/// An entry that was made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recorded {
    /// The entry.
    pub record: ConsentRecord,
}

impl RecordConsent {
    fn violations(&self, now: DateTime<Utc>) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut note = |field: &str, message: String| {
            violations.push(Violation { path: format!("input.{field}"), message });
        };
        if self.source.trim().is_empty() || self.source.chars().count() > SHORT_TEXT_LENGTH_MAX {
            note("source", format!("A source has 1 to {SHORT_TEXT_LENGTH_MAX} characters."));
        }
        if self.wording.as_ref().is_some_and(|wording| wording.chars().count() > LONG_TEXT_LENGTH_MAX) {
            note("wording", format!("A wording has at most {LONG_TEXT_LENGTH_MAX} characters."));
        }
        // Evidence of what has not happened yet is a mistake, and would outrank every word until then.
        let latest = now + TimeDelta::seconds(CLOCK_AHEAD_SECONDS_MAX);
        if self.consent_timestamp.is_some_and(|said| said > latest) {
            note("consentTimestamp", "Nobody has said yet what lies in the future.".to_owned());
        }
        violations
    }
}

/// Adds to a contact's ledger. Refusals: `NOT_FOUND`, `FIELD_MISMATCH`.
pub async fn record_consent(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: RecordConsent,
) -> Result<Answered<Recorded>, Failure> {
    let _permit: Permit<action::RecordConsent> = operation.permit()?;
    let violations = input.violations(operation.now);
    if !violations.is_empty() {
        return Ok(Answered::invalid(violations));
    }
    let keyed = match open(stores, operation, key, ("recordConsent", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let outcome = match contacts::lock_contact(&keyed.tx, input.contact).await? {
        None => Outcome::refused(Refusal::not_found("input.contactId")),
        Some(contact) => {
            let record = ConsentRecord {
                id: operation.new_id(),
                contact: contact.id,
                channel: input.channel,
                permission: input.permission,
                lawful_basis: input.lawful_basis,
                consent_timestamp: input.consent_timestamp.map_or(operation.now, |said| said.min(operation.now)),
                recorded_at: operation.now,
                source: input.source,
                wording: input.wording,
            };
            append(&keyed.tx, operation, std::slice::from_ref(&record)).await?;
            Outcome::Done(Recorded { record })
        }
    };
    keyed.finish(stores, operation, outcome).await
}

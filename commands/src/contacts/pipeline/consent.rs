//! Consent in the pipeline: what the person allowed goes to the ledger, with its evidence.

use domain::consent::ConsentRecord;
use domain::contacts::Contact;
use domain::events::Fact;
use domain::operation::Operation;
use domain::webhooks::{FormConsent, FormSubmission};
use persistence::{StoreError, Tx, consent, events};

/// Appends a ledger entry, with its fact, for each statement of the form.
pub(super) async fn append(
    tx: &Tx,
    operation: &Operation,
    contact: &Contact,
    form: &FormSubmission,
) -> Result<(), StoreError> {
    let record = |stated: &FormConsent| ConsentRecord {
        id: operation.new_id(),
        contact: contact.id,
        channel: stated.channel,
        permission: stated.permission,
        lawful_basis: stated.lawful_basis,
        // A sender's clock may be ahead of ours; what is stated for later would outrank every later word.
        consent_timestamp: stated.timestamp.min(operation.now),
        recorded_at: operation.now,
        source: format!("form:{}", form.form_id),
        wording: stated.wording.clone(),
    };
    let records: Vec<ConsentRecord> = form.consents.iter().map(record).collect();
    consent::insert_records(tx, &records).await?;
    let fact = |record: &ConsentRecord| Fact::ConsentRecorded { contact: contact.id, record: record.id };
    let facts: Vec<Fact> = records.iter().map(fact).collect();
    events::append_all(tx, operation, &facts).await
}

//! Consent in the pipeline: what the person allowed goes to the ledger, with its evidence.

use domain::consent::ConsentRecord;
use domain::contacts::Contact;
use domain::events::Fact;
use domain::operation::Operation;
use domain::webhooks::FormSubmission;
use persistence::{StoreError, Tx, consent, events};

/// Appends a ledger entry, with its fact, for each statement of the form.
pub(super) async fn append(
    tx: &Tx,
    operation: &Operation,
    contact: &Contact,
    form: &FormSubmission,
) -> Result<(), StoreError> {
    for stated in &form.consents {
        let record = ConsentRecord {
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
        consent::insert_record(tx, &record).await?;
        events::append(tx, operation, &Fact::ConsentRecorded { contact: contact.id, record: record.id }).await?;
    }
    Ok(())
}

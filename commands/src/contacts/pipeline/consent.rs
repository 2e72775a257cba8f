//! Consent in the pipeline: what the person allowed goes to the ledger, with its evidence.

use domain::consent::ConsentRecord;
use domain::contacts::Contact;
use domain::operation::Operation;
use domain::webhooks::{FormConsent, FormSubmission};
use persistence::{StoreError, Tx};

use crate::consent;

/// Appends a ledger entry for each statement of the form.
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
    consent::append(tx, operation, &records).await
}

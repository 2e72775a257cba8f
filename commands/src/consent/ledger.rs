//! The ledger is only ever added to, and with each entry goes its fact.

use domain::consent::ConsentRecord;
use domain::events::Fact;
use domain::operation::Operation;
use persistence::{StoreError, Tx, consent, events};

/// Appends entries.
pub(crate) async fn append(tx: &Tx, operation: &Operation, records: &[ConsentRecord]) -> Result<(), StoreError> {
    consent::insert_records(tx, records).await?;
    let fact = |record: &ConsentRecord| Fact::ConsentRecorded { contact: record.contact, record: record.id };
    let facts: Vec<Fact> = records.iter().map(fact).collect();
    events::append_all(tx, operation, &facts).await
}

//! Receive many: the items of one signed batch, each under its own delivery id, a transaction for each chunk of them.
//!
//! A chunk that is committed stays, whatever becomes of the next: the sender sends the whole batch again, and what was
//! stored is recognised.

use domain::ids::{ConnectionId, SubmissionId};
use domain::limits::BATCH_CHUNK;
use domain::operation::Operation;
use domain::webhooks::{FormSubmission, InboundDelivery, Violation};
use persistence::bus::Hint;
use persistence::{Sealer, Tx};

use super::keep::{KeepDelivery, Kept, keep};
use super::receive::{ReceiveSubmission, Received, receive};
use crate::{Failure, Stores};

/// One delivery of a batch.
#[derive(Debug, Clone)]
pub struct BatchItem {
    /// The sender's id of it.
    pub delivery_id: String,
    /// The form; or, if it does not fit, its text and what is wrong with it.
    pub form: Result<FormSubmission, (Vec<u8>, Vec<Violation>)>,
}

/// What became of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BatchResult {
    /// It is stored.
    Accepted(SubmissionId),
    /// It was stored before, as this submission.
    Duplicate(SubmissionId),
    /// It does not fit, and is kept.
    Quarantined(InboundDelivery),
    /// It does not fit, and was kept before.
    KnownQuarantined(InboundDelivery),
}

/// Stores every item once. The results are in the order of the items.
pub async fn receive_batch(
    stores: &Stores,
    sealer: &Sealer,
    operation: &Operation,
    (connection, items): (ConnectionId, Vec<BatchItem>),
) -> Result<Vec<BatchResult>, Failure> {
    let mut results: Vec<Option<BatchResult>> = vec![None; items.len()];
    let mut items: Vec<_> = items.into_iter().enumerate().collect();
    while !items.is_empty() {
        let rest = items.split_off(items.len().min(BATCH_CHUNK));
        let mut chunk = std::mem::replace(&mut items, rest);
        // Two batches with the same ids meet in one order, so that neither waits for the other for ever.
        chunk.sort_by(|(_, one), (_, other)| one.delivery_id.cmp(&other.delivery_id));
        let tx = stores.database.begin(operation.workspace).await?;
        for (place, item) in chunk {
            results[place] = Some(take(&tx, sealer, operation, (connection, item)).await?);
        }
        tx.commit().await?;
        stores.bus.publish(Hint::Committed);
    }
    Ok(results.into_iter().flatten().collect())
}

async fn take(
    tx: &Tx,
    sealer: &Sealer,
    operation: &Operation,
    (connection, item): (ConnectionId, BatchItem),
) -> Result<BatchResult, Failure> {
    let delivery_id = Some(item.delivery_id);
    match item.form {
        Ok(form) => {
            let input = ReceiveSubmission { connection, delivery_id, signature: None, form };
            let Received { submission, is_new } = receive(tx, operation, input).await?;
            Ok(if is_new { BatchResult::Accepted(submission) } else { BatchResult::Duplicate(submission) })
        }
        Err((body, violations)) => {
            let headers = [("content-type".to_owned(), "application/json".to_owned())].into();
            let input = KeepDelivery { connection, delivery_id, replay_key: None, headers, body, violations };
            Ok(match keep(tx, sealer, operation, input).await? {
                Kept::New(delivery) => BatchResult::Quarantined(delivery),
                Kept::Known(delivery) => BatchResult::KnownQuarantined(delivery),
                Kept::Submitted(submission) => BatchResult::Duplicate(submission),
            })
        }
    }
}

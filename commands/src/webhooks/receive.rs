//! Receive: a verified webhook is stored once, in the transaction that enqueues it.

use domain::events::Fact;
use domain::ids::{ConnectionId, SubmissionId};
use domain::operation::Operation;
use domain::webhooks::{FormSubmission, Resolution, Submission, SubmissionState};
use persistence::bus::Hint;
use persistence::{Tx, events, webhooks};

use crate::{Failure, Stores};

/// Who resolved what is in quarantine, when nobody of ours did.
const SENDER: &str = "sender";

/// A verified, validated webhook.
#[derive(Debug, Clone)]
pub struct ReceiveSubmission {
    /// The connection it came through.
    pub connection: ConnectionId,
    /// The sender's id of the delivery, if the scheme has one.
    pub delivery_id: Option<String>,
    /// The authentic signature: what was signed once is taken once, even under another delivery id.
    pub signature: Option<String>,
    /// What was submitted.
    pub form: FormSubmission,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// The submission, ours or the one that an earlier delivery of the same id led to.
    pub submission: SubmissionId,
    /// Whether it is the first delivery of this id.
    pub is_new: bool,
}

/// Stores a submission and the fact that sets the pipeline going, unless the delivery id or the
/// signature is known.
pub async fn receive_submission(
    stores: &Stores,
    operation: &Operation,
    input: ReceiveSubmission,
) -> Result<Received, Failure> {
    let tx = stores.database.begin(operation.workspace).await?;
    let received = receive(&tx, operation, input).await?;
    if received.is_new {
        tx.commit().await?;
        stores.bus.publish(Hint::Committed);
    }
    Ok(received)
}

/// As [`receive_submission`], in a transaction that is the caller's. The sender may have sent under this id what does
/// not fit; this is then its correction.
pub(super) async fn receive(tx: &Tx, operation: &Operation, input: ReceiveSubmission) -> Result<Received, Failure> {
    let ReceiveSubmission { connection, delivery_id, signature, form } = input;
    if let Some(id) = &delivery_id {
        // What is in quarantine comes before the submission, as where people repair it: whoever comes second waits, and
        // neither waits for the other.
        webhooks::lock_quarantined(tx, connection, id).await?;
    }
    let (submission, is_new) = enqueue(tx, operation, (connection, delivery_id.clone(), signature), form).await?;
    if let (true, Some(id)) = (is_new, &delivery_id) {
        let by = SENDER.to_owned();
        let resolution = Resolution { by, at: operation.now, reason: None, submission: Some(submission) };
        webhooks::supersede(tx, connection, id, &resolution).await?;
    }
    Ok(Received { submission, is_new })
}

/// Stores the submission with its fact, and whether it is new; otherwise the one that is known.
pub(super) async fn enqueue(
    tx: &Tx,
    operation: &Operation,
    (connection, delivery_id, signature): (ConnectionId, Option<String>, Option<String>),
    form: FormSubmission,
) -> Result<(SubmissionId, bool), Failure> {
    let submission = Submission {
        id: operation.new_id(),
        connection: Some(connection),
        delivery_id,
        form,
        state: SubmissionState::Received,
        correlation: operation.correlation.clone(),
        received_at: operation.now,
        processed_at: None,
        contact: None,
        decision: None,
        meeting_type: None,
    };
    if webhooks::insert_new(tx, &submission, signature.as_deref()).await? {
        events::append(tx, operation, &Fact::SubmissionReceived { submission: submission.id }).await?;
        return Ok((submission.id, true));
    }
    let known = (submission.delivery_id.as_deref(), signature.as_deref());
    let known = webhooks::find_known(tx, connection, known).await?;
    Ok((known.map_or(submission.id, |known| known.id), false))
}

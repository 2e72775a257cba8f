//! Receive: a verified webhook is stored once, in the transaction that enqueues it.

use domain::events::Fact;
use domain::ids::{ConnectionId, SubmissionId};
use domain::operation::Operation;
use domain::webhooks::{FormSubmission, Submission, SubmissionState};
use persistence::bus::Hint;
use persistence::{events, webhooks};

use crate::{Failure, Stores};

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
    let submission = Submission {
        id: operation.new_id(),
        connection: Some(input.connection),
        delivery_id: input.delivery_id.clone(),
        form: input.form,
        state: SubmissionState::Received,
        correlation: operation.correlation.clone(),
        received_at: operation.now,
        processed_at: None,
        contact: None,
        decision: None,
        meeting_type: None,
    };
    let tx = stores.database.begin(operation.workspace).await?;
    if webhooks::insert_new(&tx, &submission, input.signature.as_deref()).await? {
        events::append(&tx, operation, &Fact::SubmissionReceived { submission: submission.id }).await?;
        tx.commit().await?;
        stores.bus.publish(Hint::Committed);
        return Ok(Received { submission: submission.id, is_new: true });
    }
    let known =
        webhooks::find_known(&tx, input.connection, (input.delivery_id.as_deref(), input.signature.as_deref())).await?;
    Ok(Received { submission: known.map_or(submission.id, |known| known.id), is_new: false })
}

//! Submit a form: through the API, where the answer offers slots at once, or from the worker, for a form that came by
//! webhook. Both run the same pipeline.

use domain::access::{Permit, action};
use domain::errors::Refusal;
use domain::ids::SubmissionId;
use domain::operation::Operation;
use domain::webhooks::{FormSubmission, Submission, SubmissionState, refuse_times};
use persistence::bus::Hint;
use persistence::webhooks;

use super::pipeline::{Processed, run};
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// A form, already checked against its JSON Schema.
#[derive(Debug, Clone)]
pub struct SubmitForm {
    /// What was submitted.
    pub form: FormSubmission,
    /// What the caller said, without what the server added (the instant): the same words are the same intent.
    pub stated: serde_json::Value,
}

/// Takes a form through the pipeline. Refusals: `FIELD_MISMATCH`, `UNKNOWN_TIME_ZONE`, `AMBIGUOUS_LOCAL_TIME`.
pub async fn submit_form(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: SubmitForm,
) -> Result<Answered<Processed>, Failure> {
    let _permit: Permit<action::SubmitForm> = operation.permit()?;
    let refusals = refuse_times(&input.form);
    if !refusals.is_empty() {
        return Ok(Answered { outcome: Outcome::Refused(refusals), replayed: false });
    }
    let keyed = match open(stores, operation, key, ("submitForm", &input.stated)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let submission = Submission {
        id: operation.new_id(),
        connection: None,
        delivery_id: None,
        form: input.form,
        state: SubmissionState::Received,
        correlation: operation.correlation.clone(),
        received_at: operation.now,
        processed_at: None,
        contact: None,
        decision: None,
        meeting_type: None,
    };
    webhooks::insert_submission(&keyed.tx, &submission).await?;
    let processed = run(&keyed.tx, operation, submission).await?;
    keyed.finish(stores, operation, Outcome::Done(processed)).await
}

/// Takes a stored submission through the pipeline, unless it has been through: safe to repeat. `Err` of the inner
/// result: there is no such submission.
pub async fn process_submission(
    stores: &Stores,
    operation: &Operation,
    id: SubmissionId,
) -> Result<Result<(), Refusal>, Failure> {
    let tx = stores.database.begin(operation.workspace).await?;
    let Some(submission) = webhooks::lock_submission(&tx, id).await? else {
        return Ok(Err(Refusal::not_found("submission")));
    };
    if submission.state == SubmissionState::Received {
        run(&tx, operation, submission).await?;
        tx.commit().await?;
        stores.bus.publish(Hint::Committed);
    }
    Ok(Ok(()))
}

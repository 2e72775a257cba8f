//! Edit: the form that a dead letter holds is corrected, and the pipeline runs on it from its first attempt. The log
//! keeps who did it, why, and which fields, not what they say.

use domain::access::{Permit, action};
use domain::errors::{ErrorCode, Refusal, Violation};
use domain::ids::{DeliveryId, SubmissionId};
use domain::integrations::{Delivery, edited_fields};
use domain::operation::Operation;
use domain::webhooks::{FormSubmission, read_form_value};
use persistence::bus::Hint;
use persistence::{StoreError, Tx, deliveries, events, webhooks};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::replay_dead_letter::not_replayable;
use crate::idempotency::{Opened, open};
use crate::reason::why;
use crate::{Answered, Failure, Outcome, Stores};

/// Which delivery, what its form should have said, and why it is corrected.
#[derive(Debug, Clone, Serialize)]
pub struct EditDeadLetter {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The whole corrected form.
    pub body: Value,
    /// Why; kept in the log.
    pub reason: String,
}

/// A delivery whose form was corrected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edited {
    /// The delivery, under way again.
    pub delivery: Delivery,
    /// What was corrected, as JSON Pointers.
    pub fields: Vec<String>,
}

/// Corrects and sends again. Refusals: `NOT_FOUND`, `NOT_REPLAYABLE`, `NOT_EDITABLE`, `FIELD_MISMATCH`.
pub async fn edit_dead_letter(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: EditDeadLetter,
) -> Result<Answered<Edited>, Failure> {
    let permit: Permit<action::ManageDeadLetters> = operation.permit()?;
    let (reason, form) = match (why(&input.reason), read_form_value(input.body.clone())) {
        (Ok(reason), Ok(form)) => (reason, form),
        (reason, form) => {
            let within = |path: String| format!("input.body{path}");
            let found = form.err().unwrap_or_default().into_iter();
            let found = found.map(|one| Violation { path: within(one.path), message: one.message });
            return Ok(Answered::invalid(reason.err().into_iter().chain(found).collect()));
        }
    };
    let keyed = match open(stores, operation, key, ("editDeadLetter", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    let outcome = match decide(tx, input.delivery, &form).await? {
        Err(refusal) => Outcome::refused(refusal),
        Ok((delivery, submission, fields)) => match deliveries::revive(tx, delivery.id, operation.now).await? {
            // Somebody else decided about it between our look and the lane's lock.
            None => Outcome::refused(not_replayable()),
            Some(revived) => {
                webhooks::correct_form(tx, submission, &form).await?;
                let mut continued = operation.clone();
                continued.correlation = delivery.correlation.clone();
                let fact = delivery.edited(&permit, submission, (fields.clone(), reason));
                events::append(tx, &continued, &fact).await?;
                Outcome::Done(Edited { delivery: revived, fields })
            }
        },
    };
    let answered = keyed.finish(stores, operation, outcome).await?;
    stores.bus.publish(Hint::Enqueued);
    Ok(answered)
}

/// The dead letter, its form, locked, and the fields in which the corrected one differs.
async fn decide(tx: &Tx, id: DeliveryId, form: &FormSubmission) -> Result<Result<Correction, Refusal>, Failure> {
    let Some(delivery) = deliveries::find_delivery(tx, id).await? else {
        return Ok(Err(Refusal::not_found("input.deliveryId")));
    };
    let submission = match delivery.correctable() {
        Err(refusal) => return Ok(Err(refusal)),
        Ok(submission) => submission,
    };
    let Some(kept) = webhooks::lock_waiting_form(tx, submission).await? else {
        let message = "The pipeline has been through with its form, or the form is gone. Discard it.";
        return Ok(Err(Refusal::field(ErrorCode::NotEditable, "input.deliveryId", message)));
    };
    let corrected = serde_json::to_value(form).map_err(|error| StoreError::Failed(error.to_string()))?;
    let fields = edited_fields(kept.0.as_ref(), &corrected);
    if fields.is_empty() {
        let message = "It says what it said before. Correct something, or replay it as it is.";
        return Ok(Err(Refusal::field(ErrorCode::FieldMismatch, "input.body", message)));
    }
    Ok(Ok((delivery, submission, fields)))
}

type Correction = (Delivery, SubmissionId, Vec<String>);

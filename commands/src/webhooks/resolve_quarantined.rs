//! Resolve: people decide about a delivery in quarantine. Repaired, it runs through the pipeline as if it had come so;
//! discarded, it is not used. What came stays as it came, beside who decided what, when and why.

use domain::access::{Permit, action};
use domain::errors::{Refusal, Violation};
use domain::ids::InboundDeliveryId;
use domain::operation::Operation;
use domain::webhooks::{InboundDelivery, read_form_value};
use persistence::{StoreError, Tx, webhooks};
use serde::Serialize;

use super::receive::enqueue;
use crate::idempotency::{Opened, open};
use crate::reason::why;
use crate::{Answered, Failure, Outcome, Stores};

/// Which delivery, and what it should have said.
#[derive(Debug, Clone, Serialize)]
pub struct RepairQuarantined {
    /// The delivery.
    pub delivery: InboundDeliveryId,
    /// The whole corrected body.
    pub body: serde_json::Value,
}

/// Which delivery, and why.
#[derive(Debug, Clone, Serialize)]
pub struct DiscardQuarantined {
    /// The delivery.
    pub delivery: InboundDeliveryId,
    /// Why; kept with the delivery.
    pub reason: String,
}

/// Makes a submission of the corrected body, under the delivery's own id and correlation. Refusals: `NOT_FOUND`,
/// `NOT_QUARANTINED`, `FIELD_MISMATCH`.
pub async fn repair_quarantined(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: RepairQuarantined,
) -> Result<Answered<InboundDelivery>, Failure> {
    let permit: Permit<action::ManageQuarantine> = operation.permit()?;
    let form = match read_form_value(input.body.clone()) {
        Ok(form) => form,
        Err(found) => {
            let within = |path: String| format!("input.body{path}");
            let found = found.into_iter().map(|one| Violation { path: within(one.path), message: one.message });
            return Ok(Answered::invalid(found.collect()));
        }
    };
    let keyed = match open(stores, operation, key, ("repairQuarantined", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    let outcome = match lock_quarantined(tx, input.delivery).await? {
        Err(refusal) => Outcome::refused(refusal),
        Ok(delivery) => {
            let mut continued = operation.clone();
            continued.correlation = delivery.correlation.clone();
            let known = (delivery.connection, delivery.delivery_id.clone(), None);
            let (submission, _) = enqueue(tx, &continued, known, form).await?;
            let repaired = delivery.repair(&permit, operation.actor.to_string(), (submission, operation.now));
            webhooks::resolve_inbound(tx, &repaired).await?;
            Outcome::Done(repaired)
        }
    };
    keyed.finish(stores, operation, outcome).await
}

/// Discards. Refusals: `NOT_FOUND`, `NOT_QUARANTINED`, `FIELD_MISMATCH`.
pub async fn discard_quarantined(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: DiscardQuarantined,
) -> Result<Answered<InboundDelivery>, Failure> {
    let permit: Permit<action::ManageQuarantine> = operation.permit()?;
    let reason = match why(&input.reason) {
        Ok(reason) => reason,
        Err(violation) => return Ok(Answered::invalid(vec![violation])),
    };
    let keyed = match open(stores, operation, key, ("discardQuarantined", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let outcome = match lock_quarantined(&keyed.tx, input.delivery).await? {
        Err(refusal) => Outcome::refused(refusal),
        Ok(delivery) => {
            let discarded = delivery.discard(&permit, operation.actor.to_string(), (reason, operation.now));
            webhooks::resolve_inbound(&keyed.tx, &discarded).await?;
            Outcome::Done(discarded)
        }
    };
    keyed.finish(stores, operation, outcome).await
}

async fn lock_quarantined(tx: &Tx, id: InboundDeliveryId) -> Result<Result<InboundDelivery, Refusal>, StoreError> {
    let Some(delivery) = webhooks::lock_inbound(tx, id).await? else {
        return Ok(Err(Refusal::not_found("input.id")));
    };
    Ok(delivery.refuse_unless_quarantined().map(|()| delivery))
}

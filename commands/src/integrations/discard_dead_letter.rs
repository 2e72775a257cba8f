//! Discard: somebody decides that a dead or parked delivery is not to be made.

use domain::access::{Permit, action};
use domain::errors::Refusal;
use domain::ids::DeliveryId;
use domain::integrations::Delivery;
use domain::operation::Operation;
use persistence::bus::Hint;
use persistence::deliveries;
use serde::{Deserialize, Serialize};

use super::replay_dead_letter::not_replayable;
use crate::idempotency::{Opened, open};
use crate::reason::why;
use crate::{Answered, Failure, Outcome, Stores};

/// Which delivery, and why.
#[derive(Debug, Clone, Serialize)]
pub struct DiscardDeadLetter {
    /// The delivery.
    pub delivery: DeliveryId,
    /// Why; kept with the delivery.
    pub reason: String,
}

/// A delivery that is not to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Discarded {
    /// The delivery.
    pub delivery: Delivery,
}

/// Discards. Those that it blocked go on. Refusals: `NOT_FOUND`, `NOT_REPLAYABLE`, `FIELD_MISMATCH`.
pub async fn discard_dead_letter(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: DiscardDeadLetter,
) -> Result<Answered<Discarded>, Failure> {
    let _permit: Permit<action::ManageDeadLetters> = operation.permit()?;
    let reason = match why(&input.reason) {
        Ok(reason) => reason,
        Err(violation) => return Ok(Answered::invalid(vec![violation])),
    };
    let keyed = match open(stores, operation, key, ("discardDeadLetter", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let words = format!("Discarded by {}: {reason}", operation.actor);
    let outcome = match deliveries::discard(&keyed.tx, input.delivery, &words, operation.now).await? {
        Some(delivery) => Outcome::Done(Discarded { delivery }),
        None if deliveries::find_delivery(&keyed.tx, input.delivery).await?.is_some() => {
            Outcome::refused(not_replayable())
        }
        None => Outcome::refused(Refusal::not_found("input.deliveryId")),
    };
    let answered = keyed.finish(stores, operation, outcome).await?;
    stores.bus.publish(Hint::Enqueued);
    Ok(answered)
}

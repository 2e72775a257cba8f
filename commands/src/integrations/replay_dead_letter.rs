//! Replay: a dead or parked delivery is sent again, from its first attempt.

use domain::access::{Permit, action};
use domain::errors::{ErrorCode, Refusal};
use domain::ids::DeliveryId;
use domain::integrations::{ConnectionStatus, Delivery};
use domain::operation::Operation;
use persistence::bus::Hint;
use persistence::{deliveries, integrations};
use serde::{Deserialize, Serialize};

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// Which delivery.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayDeadLetter {
    /// The delivery.
    pub delivery: DeliveryId,
}

/// A delivery that is under way again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Replayed {
    /// The delivery as the command left it: by the time of a replay of this answer it may have been made.
    pub delivery: Delivery,
}

/// Sends again. Refusals: `NOT_FOUND`, `NOT_REPLAYABLE`. Replaying through a connection that needed authorisation says
/// that it has been authorised.
pub async fn replay_dead_letter(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: ReplayDeadLetter,
) -> Result<Answered<Replayed>, Failure> {
    let _permit: Permit<action::ManageDeadLetters> = operation.permit()?;
    let keyed = match open(stores, operation, key, ("replayDeadLetter", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    let outcome = if let Some(revived) = deliveries::revive(tx, input.delivery, operation.now).await? {
        if let Some(connection) = revived.job.connection() {
            integrations::set_status(tx, connection, ConnectionStatus::Active).await?;
        }
        Outcome::Done(Replayed { delivery: revived })
    } else if deliveries::find_delivery(tx, input.delivery).await?.is_some() {
        Outcome::refused(not_replayable())
    } else {
        Outcome::refused(Refusal::not_found("input.deliveryId"))
    };
    let answered = keyed.finish(stores, operation, outcome).await?;
    stores.bus.publish(Hint::Enqueued);
    Ok(answered)
}

pub(super) fn not_replayable() -> Refusal {
    Refusal::field(ErrorCode::NotReplayable, "input.deliveryId", "The delivery is neither dead nor parked.")
}

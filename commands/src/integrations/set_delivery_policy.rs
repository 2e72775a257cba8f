//! What becomes of a destination's lanes when a delivery dies.

use domain::access::{Permit, action};
use domain::errors::Refusal;
use domain::ids::ConnectionId;
use domain::integrations::OnDeath;
use domain::operation::Operation;
use persistence::{deliveries, integrations};
use serde::{Deserialize, Serialize};

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// For which connection, and what.
#[derive(Debug, Clone, Serialize)]
pub struct SetDeliveryPolicy {
    /// The connection that the deliveries go through.
    pub connection: ConnectionId,
    /// What becomes of a lane.
    pub on_death: OnDeath,
}

/// A policy that is in force for deliveries that are claimed from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySet {
    /// What becomes of a lane.
    pub on_death: OnDeath,
}

/// Sets it. Refusal: `NOT_FOUND`. Lanes that are blocked stay so until their dead letter is replayed or discarded.
pub async fn set_delivery_policy(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: SetDeliveryPolicy,
) -> Result<Answered<PolicySet>, Failure> {
    let _permit: Permit<action::ManageDeadLetters> = operation.permit()?;
    let keyed = match open(stores, operation, key, ("setDeliveryPolicy", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let outcome = if integrations::find_connection(&keyed.tx, input.connection).await?.is_some() {
        deliveries::set_on_death(&keyed.tx, &input.connection.to_string(), input.on_death).await?;
        Outcome::Done(PolicySet { on_death: input.on_death })
    } else {
        Outcome::refused(Refusal::not_found("input.connectionId"))
    };
    keyed.finish(stores, operation, outcome).await
}

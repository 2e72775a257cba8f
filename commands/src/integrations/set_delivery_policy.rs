//! What becomes of a destination's lanes when a delivery dies.

use domain::access::{Permit, action};
use domain::errors::Refusal;
use domain::ids::{ConnectionId, EndpointId};
use domain::integrations::OnDeath;
use domain::operation::Operation;
use persistence::{StoreError, Tx, deliveries, integrations, webhooks};
use serde::{Deserialize, Serialize};

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// Where deliveries go.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyFor {
    /// Through this connection.
    Connection(ConnectionId),
    /// To this webhook endpoint.
    Endpoint(EndpointId),
}

/// For which destination, and what.
#[derive(Debug, Clone, Serialize)]
pub struct SetDeliveryPolicy {
    /// Where the deliveries go.
    pub destination: PolicyFor,
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
    let outcome = if let Some(destination) = known(&keyed.tx, input.destination).await? {
        deliveries::set_on_death(&keyed.tx, &destination, input.on_death).await?;
        Outcome::Done(PolicySet { on_death: input.on_death })
    } else {
        Outcome::refused(Refusal::not_found("input.destinationId"))
    };
    keyed.finish(stores, operation, outcome).await
}

/// The destination as deliveries have it, if there is one.
async fn known(tx: &Tx, destination: PolicyFor) -> Result<Option<String>, StoreError> {
    Ok(match destination {
        PolicyFor::Connection(id) => integrations::find_connection(tx, id).await?.map(|_| id.to_string()),
        PolicyFor::Endpoint(id) => webhooks::find_standing(tx, id).await?.map(|_| id.to_string()),
    })
}

//! Destinations: how they are doing, and what becomes of their lanes when a delivery dies.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use commands::integrations as intents;
use domain::integrations::{Circuit, OnDeath};
use persistence::deliveries::{self, destinations_health};

use crate::schema::errors::{UserError, internal};
use crate::schema::mutation::{Attempt, conclude, id, key};
use crate::schema::request::RequestScope;
use crate::schema::scalars::{DateTime, IdempotencyKey};

/// How much is sent to a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "CircuitState", remote = "Circuit")]
pub(crate) enum CircuitState {
    /// Everything that is due.
    Closed,
    /// One delivery, on trial; while that is on its way, nothing.
    HalfOpen,
    /// Nothing: it kept failing, or asked for time.
    Open,
}

/// What becomes of a lane when a delivery in it dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "DeathPolicy", remote = "OnDeath")]
pub(crate) enum DeathPolicy {
    /// The dead letter is kept, and the lane goes on behind it.
    Skip,
    /// Nothing passes the dead letter until somebody replays or discards it.
    BlockLane,
    /// The delivery is parked, to be sent again in time; the lane goes on.
    Park,
}

/// How a destination of deliveries is doing.
#[derive(SimpleObject)]
#[graphql(name = "DestinationHealth")]
pub(crate) struct HealthObject {
    /// The id of a connection or of a webhook endpoint, or `pipeline`.
    destination: String,
    /// Deliveries that wait or are under way.
    depth: i64,
    /// When the fact happened that the oldest of them follows from. Null when nothing waits.
    oldest_since: Option<DateTime>,
    /// Lanes that nothing passes until somebody decides about their dead letter.
    lanes_blocked: i64,
    /// Dead letters, parked ones included.
    dead_letters: i64,
    /// How much is sent there now.
    circuit: CircuitState,
    /// Failures in a row.
    failures: i32,
    /// Nothing is sent before this instant. Null when the circuit is closed.
    open_until: Option<DateTime>,
    /// What becomes of a lane when a delivery in it dies.
    on_death: DeathPolicy,
}

/// What is to become of a destination's lanes.
#[derive(InputObject)]
pub(crate) struct SetDeliveryPolicyInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The connection that the deliveries go through, or the webhook endpoint that they go to.
    destination_id: ID,
    /// What becomes of a lane when a delivery in it dies.
    on_death: DeathPolicy,
}

/// What became of it.
#[derive(SimpleObject)]
pub(crate) struct SetDeliveryPolicyPayload {
    /// The policy in force for deliveries that are begun from now on; null when it was refused.
    on_death: Option<DeathPolicy>,
    /// Why it was refused: NOT_FOUND.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct DestinationsQuery;

#[Object]
impl DestinationsQuery {
    /// How the destinations of deliveries are doing; one that never had anything to do is left out. Needs
    /// `deliveries:read`.
    async fn destinations(&self, ctx: &Context<'_>) -> Result<Vec<HealthObject>> {
        let request = RequestScope::of(ctx);
        let now = request.operation().now;
        let object = |(destination, health): (String, deliveries::DestinationHealth)| HealthObject {
            destination,
            depth: health.depth,
            oldest_since: health.oldest_since.map(DateTime),
            lanes_blocked: health.lanes_blocked,
            dead_letters: health.dead_letters,
            circuit: health.breaker.circuit(now).into(),
            failures: health.breaker.failures,
            open_until: health.breaker.open_until.map(DateTime),
            on_death: health.on_death.into(),
        };
        Ok(destinations_health(&request.reader()).await.map_err(internal)?.into_iter().map(object).collect())
    }
}

#[derive(Default)]
pub(crate) struct DestinationsMutation;

#[Object]
impl DestinationsMutation {
    /// Sets what becomes of the lanes of a connection or a webhook endpoint when a delivery dies. Needs
    /// `deliveries:manage`.
    async fn set_delivery_policy(
        &self,
        ctx: &Context<'_>,
        input: SetDeliveryPolicyInput,
    ) -> Result<SetDeliveryPolicyPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let destination = id(&input.destination_id, "destinationId")
            .map(intents::PolicyFor::Connection)
            .or_else(|_| id(&input.destination_id, "destinationId").map(intents::PolicyFor::Endpoint));
        let attempt: Attempt<_> = match destination {
            Err(refusal) => Err(refusal),
            Ok(destination) => {
                let intent = intents::SetDeliveryPolicy { destination, on_death: input.on_death.into() };
                Ok(intents::set_delivery_policy(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (set, errors) = conclude(ctx, attempt)?;
        Ok(SetDeliveryPolicyPayload { on_death: set.map(|set| set.on_death.into()), errors })
    }
}

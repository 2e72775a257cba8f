//! Steps in the life of an endpoint that need nothing but its name: disable, enable, verify, test, delete.
//!
//! A verification and a test message are asked for here and made by the worker, from the fact: a command calls nobody.

use domain::access::{Permit, action};
use domain::errors::{ErrorCode, Refusal};
use domain::events::Fact;
use domain::ids::EndpointId;
use domain::limits::ENDPOINT_RESUMED_MAX;
use domain::operation::Operation;
use domain::webhooks::endpoint::{Endpoint, EndpointChange, lifecycle};
use persistence::bus::Hint;
use persistence::{Sealer, StoreError, Tx, deliveries, events, webhooks};
use serde::Serialize;

use super::own::{EndpointAnswer, lock_own, reserve_own};
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// Which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointStep {
    /// It is told no more.
    Disable,
    /// It is told again, of what was parked meanwhile first.
    Enable,
    /// It is sent a challenge.
    Verify,
    /// It is sent a test message.
    Test,
    /// It is forgotten.
    Delete,
}

impl EndpointStep {
    /// The mutation, for the fingerprint.
    fn mutation(self) -> &'static str {
        match self {
            Self::Disable => "disableWebhookEndpoint",
            Self::Enable => "enableWebhookEndpoint",
            Self::Verify => "verifyWebhookEndpoint",
            Self::Test => "sendTestEvent",
            Self::Delete => "deleteWebhookEndpoint",
        }
    }
}

/// Which endpoint.
#[derive(Debug, Clone, Serialize)]
pub struct ChangeEndpoint {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The version the caller has seen.
    pub expected_version: Option<i64>,
}

/// Takes the step. Refusals: `NOT_FOUND`, `VERSION_CONFLICT`; a test also `ENDPOINT_NOT_ACTIVE`.
pub async fn change_endpoint(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: ChangeEndpoint,
    (step, sealer): (EndpointStep, &Sealer),
) -> Result<Answered<EndpointAnswer>, Failure> {
    let permit = operation.permit()?;
    let keyed = match open(stores, operation, key, (step.mutation(), &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    let outcome = match reserve_own(tx, input.endpoint, input.expected_version).await? {
        Err(refusal) => Outcome::refused(refusal),
        Ok(known) if step == EndpointStep::Test && known.verified_at.is_none() => {
            let message = "The endpoint has not been verified.";
            Outcome::refused(Refusal::field(ErrorCode::EndpointNotActive, "input.endpointId", message))
        }
        Ok(known) => {
            tell_lanes(tx, step, &known, operation).await?;
            let (endpoint, secrets) = lock_own(tx, sealer, known.id).await?;
            let (endpoint, fact) = taken(step, &permit, endpoint, operation);
            if step == EndpointStep::Delete {
                webhooks::delete_endpoint(tx, endpoint.id).await?;
            } else {
                webhooks::replace_endpoint(tx, sealer, &endpoint, &secrets).await?;
            }
            events::append(tx, operation, &fact).await?;
            Outcome::Done(EndpointAnswer::plain(endpoint))
        }
    };
    let answered = keyed.finish(stores, operation, outcome).await?;
    stores.bus.publish(Hint::Enqueued);
    Ok(answered)
}

/// What the step means for the deliveries that wait: for their lanes, then for the destination.
async fn tell_lanes(tx: &Tx, step: EndpointStep, known: &Endpoint, operation: &Operation) -> Result<(), StoreError> {
    let destination = known.id.to_string();
    match step {
        EndpointStep::Enable => {
            if known.verified_at.is_some() {
                deliveries::revive_parked(tx, &destination, ENDPOINT_RESUMED_MAX, operation.now).await?;
            }
            deliveries::close_circuit(tx, &destination).await
        }
        // They find out at once that nobody wants them.
        EndpointStep::Delete => {
            deliveries::unblock_lanes(tx, &destination, operation.now).await?;
            deliveries::forget_destination(tx, &destination).await
        }
        EndpointStep::Disable | EndpointStep::Verify | EndpointStep::Test => Ok(()),
    }
}

fn taken(
    step: EndpointStep,
    permit: &Permit<action::ManageWebhooks>,
    endpoint: Endpoint,
    operation: &Operation,
) -> (Endpoint, Fact) {
    let said = |change| Fact::WebhookEndpointChanged { endpoint: endpoint.id, change };
    let changed = match step {
        EndpointStep::Disable => lifecycle::disable(permit, endpoint, operation.now),
        EndpointStep::Enable => lifecycle::enable(permit, endpoint, operation.now),
        // These change nothing by themselves; the fact is what the worker acts on.
        EndpointStep::Verify => {
            let fact = said(EndpointChange::VerificationRequested);
            return (endpoint, fact);
        }
        EndpointStep::Test => {
            let fact = said(EndpointChange::TestRequested);
            return (endpoint, fact);
        }
        EndpointStep::Delete => {
            let fact = said(EndpointChange::Deleted);
            return (endpoint, fact);
        }
    };
    let fact = changed.fact();
    (changed.endpoint, fact)
}

//! Update: an endpoint gets other settings. Another URL has to be verified anew.

use domain::ids::EndpointId;
use domain::operation::Operation;
use domain::webhooks::endpoint::{AddressPolicy, DeliveryHours, Endpoint, EndpointSettings, lifecycle};
use persistence::{Sealer, StoreError, Tx, deliveries, events, webhooks};
use serde::Serialize;

use super::own::{EndpointAnswer, lock_own, reserve_own};
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// The settings from now on, all of them.
#[derive(Debug, Clone, Serialize)]
pub struct UpdateEndpoint {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The version the caller has seen.
    pub expected_version: i64,
    /// The settings. No headers: those that it has stay.
    pub settings: EndpointSettings,
    /// Whether the custom headers are replaced too.
    pub replaces_headers: bool,
}

/// Changes an endpoint. Refusals: `NOT_FOUND`, `VERSION_CONFLICT`, `FIELD_MISMATCH`.
pub async fn update_endpoint(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: UpdateEndpoint,
    (policy, sealer): (AddressPolicy, &Sealer),
) -> Result<Answered<EndpointAnswer>, Failure> {
    let permit = operation.permit()?;
    let violations = input.settings.violations(policy);
    if !violations.is_empty() {
        return Ok(Answered::invalid(violations));
    }
    let keyed = match open(stores, operation, key, ("updateWebhookEndpoint", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    let outcome = match reserve_own(tx, input.endpoint, Some(input.expected_version)).await? {
        Err(refusal) => Outcome::refused(refusal),
        Ok(known) => {
            let mut settings = input.settings;
            tell_lanes(tx, &known, &settings, operation).await?;
            let (endpoint, secrets) = lock_own(tx, sealer, known.id).await?;
            if !input.replaces_headers {
                settings.headers.clone_from(&secrets.headers);
            }
            let secrets = secrets.with_headers(settings.headers.clone());
            let changed = lifecycle::update(&permit, &endpoint, settings, operation.now);
            webhooks::replace_endpoint(tx, sealer, &changed.endpoint, &secrets).await?;
            events::append(tx, operation, &changed.fact()).await?;
            Outcome::Done(EndpointAnswer::plain(changed.endpoint))
        }
    };
    keyed.finish(stores, operation, outcome).await
}

/// What changes for the deliveries that wait: for its lanes, then for the destination.
async fn tell_lanes(
    tx: &Tx,
    known: &Endpoint,
    settings: &EndpointSettings,
    operation: &Operation,
) -> Result<(), StoreError> {
    let destination = known.id.to_string();
    if settings.hours != known.hours {
        deliveries::look_again(tx, &destination, DeliveryHours::CLOSED, operation.now).await?;
    }
    if settings.rate_per_second != known.rate_per_second {
        deliveries::set_rate(tx, &destination, settings.rate_per_second).await?;
    }
    if settings.url != known.url {
        deliveries::close_circuit(tx, &destination).await?;
    }
    Ok(())
}

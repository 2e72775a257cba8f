//! Update: an endpoint gets other settings. Another URL has to be verified anew.

use domain::ids::EndpointId;
use domain::operation::Operation;
use domain::webhooks::endpoint::{AddressPolicy, DeliveryHours, EndpointSettings, lifecycle};
use persistence::{Sealer, deliveries, events, webhooks};
use serde::Serialize;

use super::own::{EndpointAnswer, lock_own};
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
    let outcome = match lock_own(tx, sealer, input.endpoint, Some(input.expected_version)).await? {
        Err(refusal) => Outcome::refused(refusal),
        Ok((endpoint, secrets)) => {
            let mut settings = input.settings;
            if !input.replaces_headers {
                settings.headers.clone_from(&secrets.headers);
            }
            let secrets = secrets.with_headers(settings.headers.clone());
            let changed = lifecycle::update(&permit, &endpoint, settings, operation.now);
            webhooks::replace_endpoint(tx, sealer, &changed.endpoint, &secrets).await?;
            if changed.endpoint.hours != endpoint.hours {
                let destination = endpoint.id.to_string();
                deliveries::look_again(tx, &destination, DeliveryHours::CLOSED, operation.now).await?;
            }
            let made = &changed.endpoint;
            deliveries::set_rate(tx, &made.id.to_string(), made.rate_per_second).await?;
            events::append(tx, operation, &changed.fact()).await?;
            Outcome::Done(EndpointAnswer::plain(changed.endpoint))
        }
    };
    keyed.finish(stores, operation, outcome).await
}

//! Create: an endpoint that is told of nothing until it is verified.

use domain::errors::{ErrorCode, Refusal};
use domain::limits::ENDPOINTS_MAX;
use domain::operation::Operation;
use domain::webhooks::endpoint::{AddressPolicy, EndpointSecrets, EndpointSettings, SignatureScheme, lifecycle};
use persistence::{deliveries, events, webhooks};
use serde::Serialize;

use super::own::{EndpointAnswer, NewSecret};
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// What its owner decides.
#[derive(Debug, Clone, Serialize)]
pub struct CreateEndpoint {
    /// The settings.
    pub settings: EndpointSettings,
    /// How its messages are signed; `None`: with a shared secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<SignatureScheme>,
}

/// Makes an endpoint. Refusals: `FIELD_MISMATCH`.
pub async fn create_endpoint(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: CreateEndpoint,
    (policy, secret): (AddressPolicy, NewSecret<'_>),
) -> Result<Answered<EndpointAnswer>, Failure> {
    let permit = operation.permit()?;
    let violations = input.settings.violations(policy);
    if !violations.is_empty() {
        return Ok(Answered::invalid(violations));
    }
    let keyed = match open(stores, operation, key, ("createWebhookEndpoint", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    // Two who make the last one allowed meet here.
    tx.lock_names(&["webhook_endpoints".to_owned()]).await?;
    let outcome = if webhooks::count_endpoints(tx).await? >= ENDPOINTS_MAX {
        let message = format!("A workspace has at most {ENDPOINTS_MAX} endpoints.");
        Outcome::refused(Refusal::field(ErrorCode::FieldMismatch, "input.url", message))
    } else {
        let scheme = input.scheme.unwrap_or_default();
        let text = (secret.draw)(scheme);
        let secrets = EndpointSecrets::new(text.clone(), input.settings.headers.clone());
        let changed = lifecycle::create(&permit, operation.new_id(), input.settings, operation.now);
        webhooks::insert_endpoint(tx, secret.sealer, &changed.endpoint, &secrets).await?;
        let made = &changed.endpoint;
        deliveries::set_rate(tx, &made.id.to_string(), made.rate_per_second).await?;
        events::append(tx, operation, &changed.fact()).await?;
        Outcome::Done(EndpointAnswer::with_secret(changed.endpoint, secret.sealer, (scheme, &text))?)
    };
    keyed.finish(stores, operation, outcome).await
}

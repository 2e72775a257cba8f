//! Rotate: an endpoint gets a new secret, beside which the known ones sign for a while.

use chrono::TimeDelta;
use domain::access::{Permit, action};
use domain::errors::Violation;
use domain::events::Fact;
use domain::ids::EndpointId;
use domain::limits::SECRET_OVERLAP_HOURS_MAX;
use domain::operation::Operation;
use domain::webhooks::endpoint::{EndpointChange, SignatureScheme};
use persistence::{events, webhooks};
use serde::Serialize;

use super::own::{EndpointAnswer, NewSecret, lock_own, reserve_own};
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// Whose secret.
#[derive(Debug, Clone, Serialize)]
pub struct RotateSecret {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// How long the known secrets go on signing, in hours; 0 ends them at once.
    pub overlap_hours: i32,
    /// How the new one signs; `None`: as the newest known one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<SignatureScheme>,
}

/// Gives an endpoint a new secret. Refusals: `NOT_FOUND`, `FIELD_MISMATCH`.
pub async fn rotate_secret(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: RotateSecret,
    secret: NewSecret<'_>,
) -> Result<Answered<EndpointAnswer>, Failure> {
    let _permit: Permit<action::ManageWebhooks> = operation.permit()?;
    if !(0..=SECRET_OVERLAP_HOURS_MAX).contains(&input.overlap_hours) {
        let message = format!("The overlap is a number of hours from 0 to {SECRET_OVERLAP_HOURS_MAX}.");
        return Ok(Answered::invalid(vec![Violation { path: "input.overlapHours".to_owned(), message }]));
    }
    let keyed = match open(stores, operation, key, ("rotateWebhookSecret", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    let outcome = match reserve_own(tx, input.endpoint, None).await? {
        Err(refusal) => Outcome::refused(refusal),
        Ok(known) => {
            let (endpoint, secrets) = lock_own(tx, secret.sealer, known.id).await?;
            let overlap = TimeDelta::hours(input.overlap_hours.into());
            let scheme = input.scheme.unwrap_or_else(|| secrets.scheme());
            let text = (secret.draw)(scheme);
            let secrets = secrets.rotated(text.clone(), operation.now, overlap);
            webhooks::replace_endpoint(tx, secret.sealer, &endpoint, &secrets).await?;
            let change = EndpointChange::SecretRotated;
            events::append(tx, operation, &Fact::WebhookEndpointChanged { endpoint: endpoint.id, change }).await?;
            Outcome::Done(EndpointAnswer::with_secret(endpoint, secret.sealer, (scheme, &text))?)
        }
    };
    keyed.finish(stores, operation, outcome).await
}

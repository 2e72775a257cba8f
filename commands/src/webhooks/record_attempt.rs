//! Record: an attempt to reach an endpoint is kept, with what it says about the endpoint.

use domain::operation::Operation;
use domain::webhooks::endpoint::lifecycle::{self, Changed};
use domain::webhooks::endpoint::{Attempt, Endpoint, EndpointSecrets, Judgement, MessageKind};
use persistence::bus::Hint;
use persistence::{Sealer, Tx, events, webhooks};

use crate::{Failure, Stores};

/// An attempt that was made.
#[derive(Debug, Clone)]
pub struct MadeAttempt {
    /// As it is kept.
    pub attempt: Attempt,
    /// The endpoint as the attempt found it.
    pub endpoint: Endpoint,
    /// What it means.
    pub judgement: Judgement,
}

/// Keeps an attempt. Events that fail are counted and may disable the endpoint; a challenge that was repeated makes it
/// active; a test message says nothing. The endpoint's row is written when something about it is news only: to a
/// healthy one messages go side by side.
pub async fn record_attempt(
    stores: &Stores,
    operation: &Operation,
    sealer: &Sealer,
    made: MadeAttempt,
) -> Result<(), Failure> {
    let tx = stores.database.begin(operation.workspace).await?;
    webhooks::insert_attempt(&tx, &made.attempt).await?;
    let is_news = match made.attempt.kind {
        MessageKind::Event => lifecycle::is_news(&made.endpoint, &made.judgement),
        MessageKind::Verification => made.attempt.delivered,
        MessageKind::Test => false,
    };
    let changed = if is_news { note(&tx, operation, sealer, &made).await? } else { false };
    tx.commit().await?;
    if changed {
        stores.bus.publish(Hint::Committed);
    }
    Ok(())
}

/// Whether something happened to the endpoint that is a fact.
async fn note(tx: &Tx, operation: &Operation, sealer: &Sealer, made: &MadeAttempt) -> Result<bool, Failure> {
    let Some((endpoint, secrets)) = webhooks::lock_endpoint(tx, sealer, made.endpoint.id).await? else {
        return Ok(false);
    };
    // It may have been given another URL meanwhile: what is known of the old one says nothing about that.
    if endpoint.url != made.endpoint.url {
        return Ok(false);
    }
    let (endpoint, changed) = match made.attempt.kind {
        MessageKind::Verification => {
            let changed = lifecycle::verified(endpoint, operation.now);
            (changed.endpoint.clone(), Some(changed))
        }
        MessageKind::Event | MessageKind::Test => lifecycle::after_attempt(endpoint, &made.judgement, operation.now),
    };
    write(tx, operation, sealer, (endpoint, &secrets), changed).await
}

async fn write(
    tx: &Tx,
    operation: &Operation,
    sealer: &Sealer,
    (endpoint, secrets): (Endpoint, &EndpointSecrets),
    changed: Option<Changed>,
) -> Result<bool, Failure> {
    let Some(changed) = changed else {
        webhooks::replace_endpoint(tx, sealer, &endpoint, secrets).await?;
        return Ok(false);
    };
    webhooks::replace_endpoint(tx, sealer, &changed.endpoint, secrets).await?;
    events::append(tx, operation, &changed.fact()).await?;
    Ok(true)
}

//! Record: attempts to reach endpoints are kept, with what they say about the endpoints.

use std::collections::BTreeMap;

use domain::ids::EndpointId;
use domain::operation::Operation;
use domain::webhooks::endpoint::lifecycle::{self, Changed};
use domain::webhooks::endpoint::{Attempt, Endpoint, Judgement, MessageKind};
use persistence::{Sealer, StoreError, Tx, events, webhooks};

/// An attempt that was made.
#[derive(Debug, Clone)]
pub struct MadeAttempt {
    /// As it is kept.
    pub attempt: Attempt,
    /// Where it went: what is learned there says nothing about another URL that the endpoint may have by now.
    pub url: String,
    /// What it means.
    pub judgement: Judgement,
}

/// Keeps attempts, in the transaction that settles their deliveries. Events that fail are counted and may disable the
/// endpoint; a challenge that was repeated makes it active; a test message says nothing. Whether a fact came of it.
///
/// The last step of its transaction: the row of an endpoint that fails is locked for the commit only, so that those who
/// deliver to it side by side do not wait for each other's other statements.
pub(crate) async fn record_attempts(
    tx: &Tx,
    sealer: &Sealer,
    made: &[(&Operation, &MadeAttempt)],
) -> Result<bool, StoreError> {
    let attempts: Vec<&Attempt> = made.iter().map(|(_, made)| &made.attempt).collect();
    webhooks::insert_attempts(tx, &attempts).await?;
    let mut by_endpoint: BTreeMap<EndpointId, Vec<(&Operation, &MadeAttempt)>> = BTreeMap::new();
    for (operation, made) in made.iter().filter(|(_, made)| says_something(made)) {
        by_endpoint.entry(made.attempt.endpoint).or_default().push((operation, made));
    }
    let mut happened = false;
    for (endpoint, made) in by_endpoint {
        happened |= learn(tx, sealer, endpoint, &made).await?;
    }
    Ok(happened)
}

fn says_something(made: &MadeAttempt) -> bool {
    match made.attempt.kind {
        MessageKind::Event => true,
        MessageKind::Verification => made.attempt.delivered,
        MessageKind::Test => false,
    }
}

/// What attempts say about their endpoint, in the order in which they ended. Whether a fact came of it.
async fn learn(
    tx: &Tx,
    sealer: &Sealer,
    id: EndpointId,
    made: &[(&Operation, &MadeAttempt)],
) -> Result<bool, StoreError> {
    let is_plain_success = |made: &MadeAttempt| made.attempt.kind == MessageKind::Event && made.attempt.delivered;
    if let Some((_, first)) = made.first()
        && made.iter().all(|(_, made)| is_plain_success(made) && made.url == first.url)
    {
        webhooks::forget_endpoint_failures(tx, id, &first.url).await?;
        return Ok(false);
    }
    let Some((known, secrets)) = webhooks::lock_endpoint(tx, sealer, id).await? else { return Ok(false) };
    let (mut endpoint, mut happened) = (known.clone(), false);
    for (operation, made) in made.iter().filter(|(_, made)| made.url == known.url) {
        let (learned, changed) = after(endpoint, operation, made);
        endpoint = learned;
        if let Some(changed) = changed {
            events::append(tx, operation, &changed.fact()).await?;
            (endpoint, happened) = (changed.endpoint, true);
        }
    }
    if endpoint != known {
        webhooks::replace_endpoint(tx, sealer, &endpoint, &secrets).await?;
    }
    Ok(happened)
}

fn after(endpoint: Endpoint, operation: &Operation, made: &MadeAttempt) -> (Endpoint, Option<Changed>) {
    match made.attempt.kind {
        MessageKind::Verification => {
            let changed = lifecycle::verified(endpoint, operation.now);
            (changed.endpoint.clone(), Some(changed))
        }
        MessageKind::Event | MessageKind::Test => lifecycle::after_attempt(endpoint, &made.judgement, operation.now),
    }
}

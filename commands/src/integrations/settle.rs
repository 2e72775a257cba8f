//! Settle: attempts end. A receipt ends one together with the link to the provider's record and the fact; an attempt at
//! an endpoint is kept for the endpoint's owner.

use domain::events::Fact;
use domain::ids::{EndpointId, WorkspaceId};
use domain::integrations::{ConnectionStatus, EntityLink, Verdict};
use domain::operation::Operation;
use persistence::bus::Hint;
use persistence::deliveries::{self, ClaimedDelivery, Ending, Settlement};
use persistence::{Sealer, StoreError, Tx, events, integrations};

use super::meanwhile::{Meanwhile, verified_at};
use crate::Stores;
use crate::webhooks::{MadeAttempt, record_attempts};

/// An attempt that ended, and how.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Who writes it, and when it ended.
    pub operation: Operation,
    /// What was attempted, under which claim.
    pub claimed: ClaimedDelivery,
    /// What becomes of the delivery.
    pub settlement: Settlement,
    /// What it says about the destination.
    pub verdict: Verdict,
    /// Uniform in 0..1: the jitter of a pause that the verdict may lead to.
    pub dice: f64,
    /// What a CRM confirmed: links that are noted, each with its receipt as a fact.
    pub links: Vec<EntityLink>,
    /// What an endpoint was sent, and what it answered.
    pub attempt: Option<MadeAttempt>,
}

impl Ended {
    /// The endpoint that proved itself by this attempt. What was parked for it is put back in line with it, so that it
    /// is best settled without others, whose lanes would have to be held meanwhile.
    pub fn verifies(&self) -> Option<EndpointId> {
        verified_at(self).map(|(endpoint, _)| endpoint)
    }
}

/// Ends attempts of one workspace in one transaction, in their order. For each, whether it did: a lost lease ends
/// nothing, the successor will; that the attempt was made is kept all the same. A parked delivery marks its connection.
pub async fn settle(
    stores: &Stores,
    sealer: &Sealer,
    workspace: WorkspaceId,
    ended: &[Ended],
) -> Result<Vec<bool>, StoreError> {
    let Some(now) = ended.iter().map(|ended| ended.operation.now).max() else { return Ok(Vec::new()) };
    let tx = stores.database.begin(workspace).await?;
    let meanwhile = Meanwhile::learn(&tx, ended, now).await?;
    let stays = Settlement::Wait { until: now, reason: "The endpoint is active again.".to_owned() };
    let ending = |ended| ending(ended, if meanwhile.keeps_in_line(ended) { &stays } else { &ended.settlement });
    let endings: Vec<Ending<'_>> = ended.iter().map(ending).collect();
    let settled = deliveries::settle(&tx, &endings, now).await?;
    for endpoint in &meanwhile.resumed {
        deliveries::close_circuit(&tx, &endpoint.to_string()).await?;
    }
    let mut happened = false;
    for (ended, _) in ended.iter().zip(&settled).filter(|(_, is_settled)| **is_settled) {
        happened |= note(&tx, ended).await?;
    }
    let attempts: Vec<_> =
        ended.iter().filter_map(|ended| ended.attempt.as_ref().map(|made| (&ended.operation, made))).collect();
    happened |= record_attempts(&tx, sealer, &attempts).await?;
    tx.commit().await?;
    if happened {
        stores.bus.publish(Hint::Committed);
    }
    if !meanwhile.resumed.is_empty() {
        stores.bus.publish(Hint::Enqueued);
    }
    Ok(settled)
}

fn ending<'a>(ended: &'a Ended, settlement: &'a Settlement) -> Ending<'a> {
    let Ended { claimed, verdict, dice, attempt, .. } = ended;
    let sent_to = attempt.as_ref().map(|made| made.url.as_str());
    Ending { claimed, settlement, verdict: *verdict, dice: *dice, sent_to }
}

/// What follows for the connection. Whether a fact came of it.
async fn note(tx: &Tx, Ended { operation, claimed, settlement, links, .. }: &Ended) -> Result<bool, StoreError> {
    if let (Settlement::Parked { .. }, Some(connection)) = (settlement, claimed.delivery.job.connection()) {
        integrations::set_status(tx, connection, ConnectionStatus::NeedsReauthorisation).await?;
    }
    for link in links {
        integrations::put_link(tx, link, operation.now).await?;
        let fact = Fact::CrmReceipt {
            connection: link.connection,
            entity: link.entity.clone(),
            external_id: link.external_id.clone(),
            version: link.version,
            contact: link.contact,
            lag_milliseconds: (operation.now - claimed.delivery.created_at).num_milliseconds(),
        };
        events::append(tx, operation, &fact).await?;
    }
    Ok(!links.is_empty())
}

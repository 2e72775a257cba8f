//! Settle: an attempt ends. A receipt ends it together with the link to the provider's record and the fact.

use domain::events::Fact;
use domain::integrations::{ConnectionStatus, EntityLink, Verdict};
use domain::operation::Operation;
use persistence::bus::Hint;
use persistence::deliveries::{self, ClaimedDelivery, Settlement};
use persistence::{StoreError, Tx, events, integrations};

use crate::{Failure, Stores};

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// What becomes of the delivery.
    pub settlement: Settlement,
    /// What it says about the destination.
    pub verdict: Verdict,
    /// Uniform in 0..1: the jitter of a pause that the verdict may lead to.
    pub dice: f64,
}

/// Ends an attempt. A parked delivery marks its connection. Whether it did: a lost lease ends nothing, the
/// successor will.
pub async fn settle(
    stores: &Stores,
    operation: &Operation,
    claimed: &ClaimedDelivery,
    ended: &Ended,
) -> Result<bool, Failure> {
    let tx = stores.database.begin(operation.workspace).await?;
    if !end(&tx, operation, claimed, ended).await? {
        return Ok(false);
    }
    if let (Settlement::Parked { .. }, Some(connection)) = (&ended.settlement, claimed.delivery.job.connection()) {
        integrations::set_status(&tx, connection, ConnectionStatus::NeedsReauthorisation).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Ends an attempt that the CRM confirmed: the links it led to, a receipt for each as a fact, and the delivery, all in
/// one transaction. Whether it did: see [`settle`].
pub async fn record_receipt(
    stores: &Stores,
    operation: &Operation,
    claimed: &ClaimedDelivery,
    ended: &Ended,
    links: &[EntityLink],
) -> Result<bool, Failure> {
    let tx = stores.database.begin(operation.workspace).await?;
    if !end(&tx, operation, claimed, ended).await? {
        return Ok(false);
    }
    for link in links {
        integrations::put_link(&tx, link, operation.now).await?;
        let fact = Fact::CrmReceipt {
            connection: link.connection,
            entity: link.entity.clone(),
            external_id: link.external_id.clone(),
            version: link.version,
            contact: link.contact,
            lag_milliseconds: (operation.now - claimed.delivery.created_at).num_milliseconds(),
        };
        events::append(&tx, operation, &fact).await?;
    }
    tx.commit().await?;
    if !links.is_empty() {
        stores.bus.publish(Hint::Committed);
    }
    Ok(true)
}

/// Whether the lease still held: then the delivery, its lane and what is remembered of the destination are written.
async fn end(tx: &Tx, operation: &Operation, claimed: &ClaimedDelivery, ended: &Ended) -> Result<bool, StoreError> {
    let settled = deliveries::settle(tx, claimed, &ended.settlement, operation.now).await?;
    if settled {
        deliveries::note_verdict(tx, claimed, ended.verdict, operation.now, ended.dice).await?;
    }
    Ok(settled)
}

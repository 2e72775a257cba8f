//! Settle: an attempt ends. A receipt ends it together with the link to the provider's record and the fact.

use domain::events::Fact;
use domain::integrations::{ConnectionStatus, EntityLink};
use domain::operation::Operation;
use persistence::bus::Hint;
use persistence::deliveries::{self, ClaimedDelivery, Settlement};
use persistence::{events, integrations};

use crate::{Failure, Stores};

/// Ends an attempt. A parked delivery marks its connection. Whether it did: a lost lease ends nothing, the
/// successor will.
pub async fn settle(
    stores: &Stores,
    operation: &Operation,
    claimed: &ClaimedDelivery,
    settlement: &Settlement,
) -> Result<bool, Failure> {
    let tx = stores.database.begin(operation.workspace).await?;
    if !deliveries::settle(&tx, claimed, settlement, operation.now).await? {
        return Ok(false);
    }
    if let (Settlement::Parked { .. }, Some(connection)) = (settlement, claimed.delivery.job.connection()) {
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
    links: &[EntityLink],
) -> Result<bool, Failure> {
    let tx = stores.database.begin(operation.workspace).await?;
    if !deliveries::settle(&tx, claimed, &Settlement::Done, operation.now).await? {
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

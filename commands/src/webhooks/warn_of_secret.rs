//! Warn: a fact says that an endpoint's older secrets stop signing soon, while there is time to take up the newest.

use domain::events::Fact;
use domain::ids::EndpointId;
use domain::operation::Operation;
use domain::webhooks::endpoint::EndpointChange;
use persistence::bus::Hint;
use persistence::{Sealer, events, webhooks};

use crate::{Failure, Stores};

/// Says so once, if it is time. Whoever comes too late, when only the newest signs, says nothing.
pub async fn warn_of_secret(
    stores: &Stores,
    sealer: &Sealer,
    operation: &Operation,
    id: EndpointId,
) -> Result<(), Failure> {
    let tx = stores.database.begin(operation.workspace).await?;
    let Some((endpoint, secrets)) = webhooks::lock_endpoint(&tx, sealer, id).await? else { return Ok(()) };
    // Rotated again since it was looked for.
    if secrets.warns_at().is_some_and(|at| at > operation.now) {
        return Ok(());
    }
    // `None`: another worker has said so since it was looked for.
    if secrets.warns_at().is_some() && secrets.overlap_ends_at(operation.now).is_some() {
        let change = EndpointChange::SecretExpiring;
        events::append(&tx, operation, &Fact::WebhookEndpointChanged { endpoint: id, change }).await?;
    }
    webhooks::replace_endpoint(&tx, sealer, &endpoint, &secrets.warned()).await?;
    tx.commit().await?;
    stores.bus.publish(Hint::Committed);
    Ok(())
}

//! Dead letters: what could not be delivered, kept until somebody decides.

use chrono::{DateTime, Utc};
use domain::ids::{DeliveryId, EntityId};
use domain::integrations::{Delivery, DeliveryState};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use super::{delivery, lanes};
use crate::convert::to_text;
use crate::table::{replace, rows};
use crate::{Scope, StoreError, Tx};

/// A page of the dead and the parked, newest first.
pub async fn list_dead_letters(
    scope: &impl Scope,
    after: Option<DeliveryId>,
    limit: u64,
) -> Result<Vec<Delivery>, StoreError> {
    let mut query = rows::<delivery::Entity>(scope)
        .filter(delivery::Column::State.is_in(["dead", "parked"]))
        .order_by_desc(delivery::Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(delivery::Column::Id.lt(after.uuid()));
    }
    query.all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// Puts a dead or parked delivery back to work, from its first attempt; `None` when it is neither.
pub async fn revive(tx: &Tx, id: DeliveryId, now: DateTime<Utc>) -> Result<Option<Delivery>, StoreError> {
    let found = rows::<delivery::Entity>(tx)
        .filter(delivery::Column::Id.eq(id.uuid()))
        .filter(delivery::Column::State.is_in(["dead", "parked"]))
        .one(&tx.conn)
        .await?;
    let Some(row) = found else { return Ok(None) };
    // The lane first: two people who revive one delivery meet there, and the second finds it pending.
    lanes::stand_in_line_again(&tx.conn, &row, now).await?;
    let still = rows::<delivery::Entity>(tx)
        .filter(delivery::Column::Id.eq(id.uuid()))
        .filter(delivery::Column::State.is_in(["dead", "parked"]))
        .one(&tx.conn)
        .await?;
    let Some(row) = still else { return Ok(None) };
    let revived = delivery::Model {
        state: to_text(&DeliveryState::Pending)?,
        attempts: 0,
        next_attempt_at: now,
        finished_at: None,
        ..row
    };
    replace::<delivery::Entity>(tx, revived.clone()).await?;
    Ok(Some(revived.try_into()?))
}

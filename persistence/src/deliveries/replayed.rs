//! The deliveries of a replay: written batch by batch, counted by what became of them.

use domain::ids::{EntityId, ReplayId};
use domain::integrations::{Delivery, DeliveryState};
use sea_orm::entity::prelude::*;
use sea_orm::{PaginatorTrait, QuerySelect};

use super::{delivery, enqueue_on, is_pending};
use crate::convert::from_text;
use crate::table::rows;
use crate::{Scope, StoreError, Tx};

/// What became of a replay's deliveries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplayTally {
    /// They wait or are under way.
    pub waiting: u64,
    /// The endpoint has them.
    pub delivered: u64,
    /// They are dead letters, parked ones included.
    pub dead: u64,
}

/// Writes deliveries of a workspace, in a transaction of its own command.
pub async fn enqueue_replayed(tx: &Tx, deliveries: &[Delivery]) -> Result<(), StoreError> {
    enqueue_on(&tx.conn, tx.workspace, deliveries).await
}

/// How many of a replay's deliveries wait or are under way: never many, while those that are done may be millions.
pub async fn count_replay_waiting(scope: &impl Scope, replay: ReplayId) -> Result<u64, StoreError> {
    let of_replay = rows::<delivery::Entity>(scope).filter(delivery::Column::ReplayId.eq(replay.uuid()));
    Ok(of_replay.filter(is_pending()).count(scope.conn()).await?)
}

/// What became of a replay's deliveries so far. It counts all of them: for those who look, not for each step.
pub async fn replay_tally(scope: &impl Scope, replay: ReplayId) -> Result<ReplayTally, StoreError> {
    let counted: Vec<(String, i64)> = rows::<delivery::Entity>(scope)
        .select_only()
        .column(delivery::Column::State)
        .column_as(delivery::Column::Id.count(), "count")
        .filter(delivery::Column::ReplayId.eq(replay.uuid()))
        .group_by(delivery::Column::State)
        .into_tuple()
        .all(scope.conn())
        .await?;
    let mut tally = ReplayTally::default();
    for (state, count) in counted {
        let count = u64::try_from(count).unwrap_or_default();
        match from_text(&state)? {
            DeliveryState::Pending => tally.waiting += count,
            DeliveryState::Done => tally.delivered += count,
            DeliveryState::Dead | DeliveryState::Parked => tally.dead += count,
            DeliveryState::Discarded => {}
        }
    }
    Ok(tally)
}

//! Settling: an attempt ends, once, by whoever still holds the lane.

use chrono::{DateTime, Utc};
use domain::ids::EntityId;
use domain::integrations::{DeliveryState, next_turn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect};

use super::claims::ClaimedDelivery;
use super::lanes::{self, lane};
use super::{delivery, is_pending};
use crate::convert::to_text;
use crate::table::rows;
use crate::{StoreError, Tx};

/// How an attempt ended.
#[derive(Debug, Clone)]
pub enum Settlement {
    /// The destination confirmed it.
    Done,
    /// Again, not before this instant.
    Retry {
        /// When.
        at: DateTime<Utc>,
        /// What went wrong.
        error: String,
    },
    /// Again, not before this instant, and as if nothing had been tried: nobody was asked.
    Wait {
        /// When.
        until: DateTime<Utc>,
        /// What it waits for.
        reason: String,
    },
    /// It is not wanted any more.
    Discarded {
        /// Why.
        reason: String,
    },
    /// It cannot succeed as it is.
    Dead {
        /// What went wrong.
        error: String,
    },
    /// It waits for people.
    Parked {
        /// What they have to do.
        error: String,
    },
}

/// Ends an attempt, in a transaction of the delivery's workspace; `false` when the lease was lost meanwhile.
pub async fn settle(
    tx: &Tx,
    claimed: &ClaimedDelivery,
    settlement: &Settlement,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(lane) = lanes::lock_claimed(&tx.conn, claimed.lane, claimed.claim).await? else { return Ok(false) };
    let (state, error, next) = match settlement {
        Settlement::Done => (DeliveryState::Done, None, now),
        Settlement::Retry { at, error } => (DeliveryState::Pending, Some(error.clone()), *at),
        Settlement::Wait { until, reason } => (DeliveryState::Pending, Some(reason.clone()), *until),
        Settlement::Discarded { reason } => (DeliveryState::Discarded, Some(reason.clone()), now),
        Settlement::Dead { error } => (claimed.on_death.state(), Some(error.clone()), now),
        Settlement::Parked { error } => (DeliveryState::Parked, Some(error.clone()), now),
    };
    let finished = (state != DeliveryState::Pending).then_some(now);
    let id = claimed.delivery.id.uuid();
    let made = claimed.delivery.attempts + i32::from(!matches!(settlement, Settlement::Wait { .. }));
    delivery::Entity::update_many()
        .col_expr(delivery::Column::Attempts, Expr::value(made))
        .col_expr(delivery::Column::State, Expr::value(to_text(&state)?))
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(next))
        .col_expr(delivery::Column::LastError, Expr::value(error))
        .col_expr(delivery::Column::FinishedAt, Expr::value(finished))
        .filter(delivery::Column::WorkspaceId.eq(tx.workspace.uuid()))
        .filter(delivery::Column::Id.eq(id))
        .exec(&tx.conn)
        .await?;
    let head = next_head(tx, &lane).await?;
    lanes::turn(&tx.conn, claimed.lane, next_turn(state, claimed.on_death, head, now), id, now).await?;
    Ok(true)
}

/// When the first pending delivery of a lane may be attempted, if there is one.
pub(super) async fn next_head(tx: &Tx, lane: &lane::Model) -> Result<Option<DateTime<Utc>>, StoreError> {
    let head = rows::<delivery::Entity>(tx)
        .select_only()
        .column(delivery::Column::NextAttemptAt)
        .filter(delivery::Column::Destination.eq(&lane.destination))
        .filter(delivery::Column::Lane.eq(&lane.lane))
        .filter(is_pending())
        .order_by_asc(delivery::Column::Position)
        .order_by_asc(delivery::Column::Id)
        .limit(1)
        .into_tuple()
        .one(&tx.conn)
        .await?;
    Ok(head)
}

//! What waits for one destination: for its health; and what waited for a reason that is gone.

use chrono::{DateTime, Utc};
use domain::ids::EntityId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, QueryTrait};

use super::lanes::lane;
use super::{delivery, is_pending};
use crate::table::rows;
use crate::{Scope, StoreError, Tx};

/// What waits for a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// When the fact happened that the oldest undelivered follows from.
    pub oldest_at: DateTime<Utc>,
    /// When the next attempt is due.
    pub next_attempt_at: DateTime<Utc>,
}

/// Lets those look again that wait for a destination for this reason, as their `last_error` tells.
pub async fn look_again(tx: &Tx, destination: &str, reason: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    // The lanes first, like everybody, and in the same order. One whose head waits for another reason goes back to sleep.
    let asleep = rows::<lane::Entity>(tx)
        .select_only()
        .column(lane::Column::Id)
        .filter(lane::Column::Destination.eq(destination))
        .filter(lane::Column::Ready.eq(false))
        .filter(lane::Column::Claim.is_null())
        .filter(lane::Column::BlockedBy.is_null())
        .order_by_asc(lane::Column::Lane)
        .lock_exclusive();
    lane::Entity::update_many()
        .col_expr(lane::Column::WakeAt, Expr::value(now))
        .filter(lane::Column::Id.in_subquery(asleep.into_query()))
        .exec(&tx.conn)
        .await?;
    delivery::Entity::update_many()
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(now))
        .filter(delivery::Column::WorkspaceId.eq(tx.workspace.uuid()))
        .filter(delivery::Column::Destination.eq(destination))
        .filter(delivery::Column::LastError.eq(reason))
        .filter(is_pending())
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Lets everything pass that waits behind dead letters of a destination.
pub async fn unblock_lanes(tx: &Tx, destination: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let blocked = rows::<lane::Entity>(tx)
        .select_only()
        .column(lane::Column::Id)
        .filter(lane::Column::Destination.eq(destination))
        .filter(lane::Column::BlockedBy.is_not_null())
        .order_by_asc(lane::Column::Lane)
        .lock_exclusive();
    lane::Entity::update_many()
        .col_expr(lane::Column::Ready, Expr::value(true))
        .col_expr(lane::Column::WakeAt, Expr::value(now))
        .col_expr(lane::Column::BlockedBy, Expr::value(Option::<Uuid>::None))
        .filter(lane::Column::Id.in_subquery(blocked.into_query()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// What waits for a destination; `None` when nothing does.
pub async fn waiting_for(scope: &impl Scope, destination: &str) -> Result<Option<Waiting>, StoreError> {
    let first = |column: delivery::Column| {
        rows::<delivery::Entity>(scope)
            .select_only()
            .column(column)
            .filter(delivery::Column::Destination.eq(destination))
            .filter(is_pending())
            .order_by_asc(column)
            .limit(1)
            .into_tuple::<DateTime<Utc>>()
    };
    let oldest_at = first(delivery::Column::CreatedAt).one(scope.conn()).await?;
    let next_attempt_at = first(delivery::Column::NextAttemptAt).one(scope.conn()).await?;
    Ok(oldest_at.zip(next_attempt_at).map(|(oldest_at, next_attempt_at)| Waiting { oldest_at, next_attempt_at }))
}

//! Retention: old events go, from the front of each workspace's log.
//!
//! The horizon is the position from which on a log is whole. Behind it are only those events that a delivery still
//! refers to that is pending, dead or parked; they go when it is done or discarded. Whoever moves the horizon names where it was, so two who retire at
//! once do not both do it.

use domain::ids::{EntityId, WorkspaceId};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use sea_orm::{QueryOrder, QuerySelect};

use super::log::{event, event_position};
use crate::deliveries::{delivery, is_dead, is_pending};
use crate::table::rows;
use crate::{Database, Scope, StoreError, Tx};

/// How far a workspace's log reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Whose log.
    pub workspace: WorkspaceId,
    /// The position from which on it is whole; one after the newest when nothing is left.
    pub horizon: i64,
    /// The position of the newest event.
    pub newest: i64,
}

/// How far the log of every workspace reaches that has one.
pub async fn extents(database: &Database) -> Result<Vec<Extent>, StoreError> {
    let found = event_position::Entity::find()
        .order_by_asc(event_position::Column::WorkspaceId)
        .all(database.unscoped())
        .await?;
    let extent = |row: event_position::Model| Extent {
        workspace: WorkspaceId::from_uuid(row.workspace_id),
        horizon: row.horizon,
        newest: row.position,
    };
    Ok(found.into_iter().map(extent).collect())
}

/// The position from which on the log is whole.
pub async fn horizon(scope: &impl Scope) -> Result<i64, StoreError> {
    let row = event_position::Entity::find_by_id(scope.workspace().uuid()).one(scope.conn()).await?;
    Ok(row.map_or(1, |row| row.horizon))
}

/// Moves the horizon and removes the events between, except for those that deliveries still refer to; how many went.
/// `None`: the horizon is not where the caller believed it to be, and nothing was done.
pub async fn retire(tx: &Tx, horizon: i64, until: i64) -> Result<Option<u64>, StoreError> {
    // First: the row is also the lock.
    let moved = event_position::Entity::update_many()
        .col_expr(event_position::Column::Horizon, Expr::value(until))
        .filter(event_position::Column::WorkspaceId.eq(tx.workspace.uuid()))
        .filter(event_position::Column::Horizon.eq(horizon))
        .exec(&tx.conn)
        .await?;
    if moved.rows_affected == 0 {
        return Ok(None);
    }
    let gone = event::Entity::delete_many()
        .filter(event::Column::WorkspaceId.eq(tx.workspace.uuid()))
        .filter(event::Column::Position.gte(horizon))
        .filter(event::Column::Position.lt(until))
        .filter(Expr::col(event::Column::Position).not_in_subquery(referred_to(tx, until)))
        .exec(&tx.conn)
        .await?;
    Ok(Some(gone.rows_affected))
}

/// Removes up to `limit` events from behind the horizon whose deliveries are done by now; how many went.
pub async fn retire_stragglers(tx: &Tx, limit: u64) -> Result<u64, StoreError> {
    let horizon = horizon(tx).await?;
    let done: Vec<i64> = rows::<event::Entity>(tx)
        .select_only()
        .column(event::Column::Seq)
        .filter(event::Column::Position.lt(horizon))
        .filter(Expr::col(event::Column::Position).not_in_subquery(referred_to(tx, horizon)))
        .limit(limit)
        .into_tuple()
        .all(&tx.conn)
        .await?;
    if done.is_empty() {
        return Ok(0);
    }
    let gone = event::Entity::delete_many()
        .filter(event::Column::WorkspaceId.eq(tx.workspace.uuid()))
        .filter(event::Column::Seq.is_in(done))
        .exec(&tx.conn)
        .await?;
    Ok(gone.rows_affected)
}

/// The positions before `until` that a delivery needs which is pending, dead or parked: two reads, as there is an index
/// for each.
fn referred_to(tx: &Tx, until: i64) -> SelectStatement {
    let of = |state: Expr| {
        Query::select()
            .column(delivery::Column::Position)
            .from(delivery::Entity)
            .and_where(delivery::Column::WorkspaceId.eq(tx.workspace.uuid()))
            .and_where(state)
            .and_where(delivery::Column::Position.lt(until))
            .to_owned()
    };
    of(is_pending()).union(UnionType::All, of(is_dead())).to_owned()
}

//! The relay's side of the log: new events in the order in which their commits became visible.
//!
//! Sequence numbers are drawn before a commit, so a later number can become visible first. Nothing here remembers a
//! last-seen number: an event is new while it has no position, however late it appears.

use domain::events::{Event, EventType};
use domain::ids::EntityId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveModelTrait, IntoActiveModel, QueryOrder, QuerySelect};

use super::log::{event, event_position};
use crate::{StoreError, SystemTx};

/// A committed event that has no place in its workspace's log yet.
#[derive(Debug, Clone)]
pub struct UnplacedEvent {
    seq: i64,
    /// The event; its position is not meaningful yet.
    pub event: Event,
}

/// New events of all workspaces, in the order of their sequence numbers.
pub async fn take_unplaced(tx: &SystemTx, limit: u64) -> Result<Vec<UnplacedEvent>, StoreError> {
    let found = event::Entity::find()
        .filter(event::Column::Position.is_null())
        // While two versions run side by side, the older one leaves facts that it cannot read to the newer one.
        .filter(event::Column::Kind.is_in(EventType::ALL.iter().map(|kind| kind.as_str())))
        .order_by_asc(event::Column::Seq)
        .limit(limit)
        .all(&tx.conn)
        .await?;
    found.into_iter().map(|row| Ok(UnplacedEvent { seq: row.seq, event: row.try_into()? })).collect()
}

/// Gives an event the next position of its workspace and returns it.
pub async fn place(tx: &SystemTx, unplaced: UnplacedEvent) -> Result<Event, StoreError> {
    let workspace = unplaced.event.workspace.uuid();
    let counter = event_position::Model { workspace_id: workspace, position: 1, horizon: 1 };
    let next = event_position::Entity::insert(counter.into_active_model().reset_all())
        .on_conflict(
            OnConflict::column(event_position::Column::WorkspaceId)
                .value(
                    event_position::Column::Position,
                    Expr::col((event_position::Entity, event_position::Column::Position)).add(1),
                )
                .to_owned(),
        )
        .exec_with_returning(&tx.conn)
        .await?;
    event::Entity::update_many()
        .col_expr(event::Column::Position, Expr::value(next.position))
        .filter(event::Column::Seq.eq(unplaced.seq))
        .exec(&tx.conn)
        .await?;
    Ok(Event { position: next.position, ..unplaced.event })
}

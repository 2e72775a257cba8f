//! Dead letters: what could not be delivered, kept until somebody decides.

use chrono::{DateTime, Utc};
use domain::ids::{DeliveryId, EntityId};
use domain::integrations::{Delivery, DeliveryState, OnDeath, next_turn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect, Select};

use super::{delivery, find_delivery, is_dead, lanes};
use crate::convert::to_text;
use crate::table::rows;
use crate::{Scope, StoreError, Tx};

/// Ids that stand in one statement; SQLite takes 32,766 parameters.
const REVIVED_BY_ONE_STATEMENT: usize = 1000;

/// Which dead letters are wanted. Everything that is `None` does not limit.
#[derive(Debug, Clone, Default)]
pub struct DeadLetterFilter {
    /// On their way to this destination.
    pub destination: Option<String>,
    /// Dead ones or parked ones.
    pub state: Option<DeliveryState>,
}

/// A page of the dead and the parked, newest first.
pub async fn list_dead_letters(
    scope: &impl Scope,
    filter: &DeadLetterFilter,
    after: Option<DeliveryId>,
    limit: u64,
) -> Result<Vec<Delivery>, StoreError> {
    let mut query = letters(scope, filter)?.order_by_desc(delivery::Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(delivery::Column::Id.lt(after.uuid()));
    }
    query.all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// How many there are.
pub async fn count_dead_letters(scope: &impl Scope, filter: &DeadLetterFilter) -> Result<u64, StoreError> {
    Ok(letters(scope, filter)?.count(scope.conn()).await?)
}

/// The oldest of them, in the order in which everybody locks their lanes: whoever sends them again one by one holds those
/// of the first when it comes to the last.
pub async fn oldest_dead_letters(
    tx: &Tx,
    filter: &DeadLetterFilter,
    limit: u64,
) -> Result<Vec<DeliveryId>, StoreError> {
    let columns = [delivery::Column::Lane, delivery::Column::Destination];
    let query = letters(tx, filter)?.select_only().columns(columns).column(delivery::Column::Id);
    let oldest = query.order_by_asc(delivery::Column::Position).order_by_asc(delivery::Column::Id).limit(limit);
    let mut found = oldest.into_tuple::<(String, String, Uuid)>().all(&tx.conn).await?;
    found.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    Ok(found.into_iter().map(|(_, _, id)| DeliveryId::from_uuid(id)).collect())
}

fn letters(scope: &impl Scope, filter: &DeadLetterFilter) -> Result<Select<delivery::Entity>, StoreError> {
    let mut query = rows::<delivery::Entity>(scope).filter(is_dead());
    if let Some(state) = &filter.state {
        query = query.filter(delivery::Column::State.eq(to_text(state)?));
    }
    if let Some(destination) = &filter.destination {
        query = query.filter(delivery::Column::Destination.eq(destination));
    }
    Ok(query)
}

/// Puts a dead or parked delivery back to work, from its first attempt; `None` when it is neither.
pub async fn revive(tx: &Tx, id: DeliveryId, now: DateTime<Utc>) -> Result<Option<Delivery>, StoreError> {
    let Some(row) = rows::<delivery::Entity>(tx).filter(delivery::Column::Id.eq(id.uuid())).one(&tx.conn).await? else {
        return Ok(None);
    };
    if !matches!(row.state.as_str(), "dead" | "parked") {
        return Ok(None);
    }
    // The lane first, like everybody. Of two people who revive one delivery the second then finds it pending.
    lanes::stand_in_line_again(&tx.conn, &row, now).await?;
    let revived = still_dead(tx, id)
        .col_expr(delivery::Column::State, Expr::value(to_text(&DeliveryState::Pending)?))
        .col_expr(delivery::Column::Attempts, Expr::value(0))
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(now))
        .col_expr(delivery::Column::FinishedAt, Expr::value(Option::<DateTimeUtc>::None))
        .exec(&tx.conn)
        .await?;
    if revived.rows_affected == 0 { Ok(None) } else { find_delivery(tx, id).await }
}

/// Puts the oldest parked deliveries of a destination back to work, from their first attempt; how many.
pub async fn revive_parked(tx: &Tx, destination: &str, limit: u64, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let filter = DeadLetterFilter { destination: Some(destination.to_owned()), state: Some(DeliveryState::Parked) };
    let found = letters(tx, &filter)?
        .order_by_asc(delivery::Column::Position)
        .order_by_asc(delivery::Column::Id)
        .limit(limit)
        .all(&tx.conn)
        .await?;
    // The lanes first, like everybody, in one order and each once.
    let mut lanes: Vec<&delivery::Model> = found.iter().collect();
    lanes.sort_by(|one, other| one.lane.cmp(&other.lane));
    lanes.dedup_by(|one, other| one.lane == other.lane);
    for row in lanes {
        lanes::stand_in_line_again(&tx.conn, row, now).await?;
    }
    let mut revived = 0;
    for some in found.chunks(REVIVED_BY_ONE_STATEMENT) {
        let put_back = delivery::Entity::update_many()
            .col_expr(delivery::Column::State, Expr::value(to_text(&DeliveryState::Pending)?))
            .col_expr(delivery::Column::Attempts, Expr::value(0))
            .col_expr(delivery::Column::NextAttemptAt, Expr::value(now))
            .col_expr(delivery::Column::FinishedAt, Expr::value(Option::<DateTimeUtc>::None))
            .filter(delivery::Column::WorkspaceId.eq(tx.workspace.uuid()))
            .filter(delivery::Column::Id.is_in(some.iter().map(|row| row.id)))
            .filter(is_dead())
            .exec(&tx.conn)
            .await?;
        revived += put_back.rows_affected;
    }
    Ok(revived)
}

/// Decides that a dead or parked delivery is not to be made, and lets those behind it pass; `None` when it is neither.
pub async fn discard(
    tx: &Tx,
    id: DeliveryId,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<Option<Delivery>, StoreError> {
    let found = rows::<delivery::Entity>(tx).filter(delivery::Column::Id.eq(id.uuid())).one(&tx.conn).await?;
    let Some(row) = found else { return Ok(None) };
    // The lane first, like everybody, blocked or not: whoever is just settling this delivery holds it, and may block it.
    let lane = lanes::lock_of(tx, &row).await?;
    let discarded = still_dead(tx, id)
        .col_expr(delivery::Column::State, Expr::value(to_text(&DeliveryState::Discarded)?))
        .col_expr(delivery::Column::LastError, Expr::value(reason))
        .col_expr(delivery::Column::FinishedAt, Expr::value(now))
        .exec(&tx.conn)
        .await?;
    if discarded.rows_affected == 0 {
        return Ok(None);
    }
    if let Some(lane) = lane.filter(|lane| lane.blocked_by == Some(row.id)) {
        let head = lanes::head(&tx.conn, lane.id).await?;
        let turn = next_turn(DeliveryState::Discarded, OnDeath::default(), head, now);
        lanes::turn(&tx.conn, vec![lane.id], turn, None, now).await?;
    }
    find_delivery(tx, id).await
}

fn still_dead(tx: &Tx, id: DeliveryId) -> sea_orm::UpdateMany<delivery::Entity> {
    delivery::Entity::update_many()
        .filter(delivery::Column::WorkspaceId.eq(tx.workspace.uuid()))
        .filter(delivery::Column::Id.eq(id.uuid()))
        .filter(is_dead())
}

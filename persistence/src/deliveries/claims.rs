//! Claims: a lane and its head are one worker's for the length of a lease.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::ids::{EntityId, WorkspaceId};
use domain::integrations::{Delivery, OnDeath, Pace, Turn};
use sea_orm::ConnectionTrait;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SubQueryStatement};

use super::destinations::{lock_pace, set_next};
use super::lanes::{self, lane};
use super::{ReadyDestination, delivery, is_pending, poison};
use crate::table::padded;
use crate::{Database, StoreError, SystemTx};

/// A delivery that a worker has claimed: nobody else works on it, or on its lane, until the lease ends.
#[derive(Debug, Clone)]
pub struct ClaimedDelivery {
    /// Whose.
    pub workspace: WorkspaceId,
    /// What is to be done.
    pub delivery: Delivery,
    /// What becomes of the lane when the delivery dies.
    pub on_death: OnDeath,
    /// The moment that its destination's rate has for it.
    pub not_before: Option<DateTime<Utc>>,
    pub(super) lane: i64,
    /// Settling asks for it, so a worker that lost its lease cannot overwrite its successor.
    pub(super) claim: Uuid,
}

/// Claims up to `limit` lanes of a destination until `until`, and of replays' lanes no more than `replays`, after all
/// others; their heads.
pub async fn claim(
    tx: &SystemTx,
    destination: &ReadyDestination,
    (limit, replays): (u64, u64),
    claim: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<ClaimedDelivery>, StoreError> {
    let mut pace = None;
    if let Some(rate) = destination.rate_per_second {
        let Some(locked) = lock_pace(tx, destination, rate).await? else { return Ok(Vec::new()) };
        pace = Some((locked, locked.moments(now, usize::try_from(limit).unwrap_or(usize::MAX))));
    }
    let limit = pace.as_ref().map_or(limit, |(_, moments)| moments.len() as u64);
    let workspace = destination.workspace.uuid();
    let mut ready = lanes::lock_ready(&tx.conn, workspace, (&destination.id, false), limit).await?;
    let left = Ord::min(replays, limit.saturating_sub(ready.len() as u64));
    if left > 0 {
        ready.extend(lanes::lock_ready(&tx.conn, workspace, (&destination.id, true), left).await?);
    }
    if ready.is_empty() {
        return Ok(Vec::new());
    }
    let ids = padded(ready.iter().map(|(id, _)| *id).collect());
    lane::Entity::update_many()
        .col_expr(lane::Column::Ready, Expr::value(false))
        .col_expr(lane::Column::Claim, Expr::value(claim))
        .col_expr(lane::Column::WakeAt, Expr::value(until))
        .filter(lane::Column::Id.is_in(ids))
        .exec(&tx.conn)
        .await?;
    let heads = read_heads(tx, destination, &ready, now).await?;
    let due = heads.values().filter(|head| head.next_attempt_at <= now).map(|head| head.id).collect();
    count_attempts(&tx.conn, due).await?;
    let mut heads = heads;
    let mut claimed = Vec::with_capacity(ready.len());
    for (id, name) in ready {
        // A lane without a head: what it held was discarded, or has just been set aside.
        let Some(row) = heads.remove(&name) else {
            let next = lanes::head(&tx.conn, id).await?;
            lanes::turn(&tx.conn, vec![id], next.map_or(Turn::Empty, Turn::Asleep), None, now).await?;
            continue;
        };
        // Somebody sent a later one again while this one waits for its next attempt.
        if row.next_attempt_at > now {
            lanes::turn(&tx.conn, vec![id], Turn::Asleep(row.next_attempt_at), None, now).await?;
            continue;
        }
        let (delivery_id, attempts) = (row.id, row.attempts);
        match row.try_into() {
            Ok(delivery) => claimed.push(ClaimedDelivery {
                workspace: destination.workspace,
                delivery,
                on_death: destination.on_death,
                not_before: None,
                lane: id,
                claim,
            }),
            Err(error) if poison::is_hopeless(attempts) => {
                poison::set_aside(&tx.conn, destination, (delivery_id, &name), &error, now).await?;
                lanes::turn(&tx.conn, vec![id], Turn::Ready, None, now).await?;
            }
            // While two versions run side by side, the older one leaves jobs that it cannot read to the newer one. It
            // keeps the lane for a lease, so as not to find it again at once, and holds up no other; twice, then it is
            // a dead letter.
            Err(error) => tracing::warn!(delivery.id = %delivery_id, %error, "a delivery cannot be read"),
        }
    }
    if let Some(pace) = pace {
        give_moments(tx, destination, pace, &mut claimed).await?;
    }
    Ok(claimed)
}

/// Counts attempts when they begin and not when they end: one that kills its process must not be tried for ever.
pub(super) async fn count_attempts(conn: &impl ConnectionTrait, deliveries: Vec<Uuid>) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    delivery::Entity::update_many()
        .col_expr(delivery::Column::Attempts, Expr::col(delivery::Column::Attempts).add(1))
        .filter(delivery::Column::Id.is_in(padded(deliveries)))
        .exec(conn)
        .await?;
    Ok(())
}

/// Gives each its moment, and keeps the next free one.
async fn give_moments(
    tx: &SystemTx,
    destination: &ReadyDestination,
    (pace, moments): (Pace, Vec<DateTime<Utc>>),
    claimed: &mut [ClaimedDelivery],
) -> Result<(), StoreError> {
    for (claimed, moment) in claimed.iter_mut().zip(moments) {
        claimed.not_before = Some(moment);
    }
    match claimed.last().and_then(|claimed| claimed.not_before) {
        Some(last) => set_next(tx, destination, pace.after(last)).await,
        None => Ok(()),
    }
}

/// The heads of these lanes, by the lanes' names.
async fn read_heads(
    tx: &SystemTx,
    destination: &ReadyDestination,
    lanes: &[(i64, String)],
    now: DateTime<Utc>,
) -> Result<HashMap<String, delivery::Model>, StoreError> {
    let ids = padded(lanes.iter().map(|(id, _)| *id).collect());
    let heads = delivery::Entity::find().filter(delivery::Column::Id.in_subquery(heads_of(&ids))).all(&tx.conn).await;
    match heads.map_err(StoreError::from) {
        Ok(heads) => Ok(heads.into_iter().map(|row| (row.lane.clone(), row)).collect()),
        Err(error) if error.is_transient() => Err(error),
        // One of them is damaged so that not even its row can be read.
        Err(_) => poison::heads_one_by_one(&tx.conn, destination, lanes, now).await,
    }
}

/// The first pending delivery of each of these lanes.
pub(super) fn heads_of(lanes: &[i64]) -> SelectStatement {
    let lane = |column: lane::Column| Expr::col((lane::Entity, column));
    let pending = |column: delivery::Column| Expr::col((delivery::Entity, column));
    let head = Query::select()
        .column((delivery::Entity, delivery::Column::Id))
        .from(delivery::Entity)
        .and_where(pending(delivery::Column::WorkspaceId).eq(lane(lane::Column::WorkspaceId)))
        .and_where(pending(delivery::Column::Destination).eq(lane(lane::Column::Destination)))
        .and_where(pending(delivery::Column::Lane).eq(lane(lane::Column::Lane)))
        .and_where(is_pending())
        .order_by((delivery::Entity, delivery::Column::Position), sea_orm::Order::Asc)
        .order_by((delivery::Entity, delivery::Column::Id), sea_orm::Order::Asc)
        .limit(1)
        .to_owned();
    Query::select()
        .expr(Expr::SubQuery(None, Box::new(SubQueryStatement::SelectStatement(head))))
        .from(lane::Entity)
        .and_where(lane(lane::Column::Id).is_in(lanes.iter().copied()))
        .to_owned()
}

/// Gives up every claim: for a worker that knows itself to be the only one when it starts. What its predecessor left
/// in the middle is then due at once, not when the lease would have ended.
pub async fn release_claims(database: &Database) -> Result<u64, StoreError> {
    let tx = database.begin_system().await?;
    let released = lane::Entity::update_many()
        .col_expr(lane::Column::Ready, Expr::value(true))
        .col_expr(lane::Column::Claim, Expr::value(Option::<Uuid>::None))
        .filter(lane::Column::Claim.is_not_null())
        .exec(&tx.conn)
        .await?;
    tx.commit().await?;
    Ok(released.rows_affected)
}

/// Prolongs a lease; `false` when it was lost.
pub async fn prolong(database: &Database, claimed: &ClaimedDelivery, until: DateTime<Utc>) -> Result<bool, StoreError> {
    let tx = database.begin_system().await?;
    let prolonged = lane::Entity::update_many()
        .col_expr(lane::Column::WakeAt, Expr::value(until))
        .filter(lane::Column::Id.eq(claimed.lane))
        .filter(lane::Column::Claim.eq(claimed.claim))
        .exec(&tx.conn)
        .await?;
    tx.commit().await?;
    Ok(prolonged.rows_affected == 1)
}

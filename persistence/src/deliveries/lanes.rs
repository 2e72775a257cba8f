//! The rows of lanes: who stands in line, who sleeps, who is blocked.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ids::{DeliveryId, EntityId};
use domain::integrations::Turn;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict};
use sea_orm::{ActiveValue, ConnectionTrait, QueryOrder, QuerySelect};

use super::delivery;
use super::next::heads_of;
use crate::table::{padded, rows, tenant_table};
use crate::{Scope, StoreError, SystemTx, Tx};

tenant_table!(lane = "lanes" {
    #[sea_orm(primary_key)]
    id: i64,
    workspace_id: Uuid,
    destination: String,
    lane: String,
    ready: bool,
    // Ready: since when it stands in line. Else: when it will, by itself; for a claimed lane, when the lease ends.
    wake_at: DateTimeUtc,
    claim: Option<Uuid>,
    blocked_by: Option<Uuid>,
    // A replay's: its turn comes when no live lane of the destination wants it.
    behind: bool,
});

impl<'a> From<&'a delivery::Model> for lane::ActiveModel {
    fn from(row: &'a delivery::Model) -> Self {
        Self {
            id: ActiveValue::NotSet,
            workspace_id: ActiveValue::Set(row.workspace_id),
            destination: ActiveValue::Set(row.destination.clone()),
            lane: ActiveValue::Set(row.lane.clone()),
            ready: ActiveValue::Set(true),
            wake_at: ActiveValue::Set(row.next_attempt_at),
            claim: ActiveValue::Set(None),
            blocked_by: ActiveValue::Set(None),
            behind: ActiveValue::Set(row.replay_id.is_some()),
        }
    }
}

/// Makes the lanes of new deliveries, and locks those that exist: they go on as they are, behind their heads.
pub(super) async fn stand_in_line(conn: &impl ConnectionTrait, rows: &[delivery::Model]) -> Result<(), StoreError> {
    // In one order, and each once: two writers with overlapping sets cannot deadlock.
    let mut new: Vec<&delivery::Model> = rows.iter().collect();
    let place = |row: &delivery::Model| (row.workspace_id, row.lane.clone(), row.destination.clone());
    new.sort_by_cached_key(|row| place(row));
    new.dedup_by_key(|row| place(row));
    lane::Entity::insert_many(new.into_iter().map(lane::ActiveModel::from))
        .on_conflict(key().update_column(lane::Column::WorkspaceId).to_owned())
        .exec_without_returning(conn)
        .await?;
    Ok(())
}

/// Locks the lane of a delivery that is pending again, and unblocks it when this delivery blocked it. A lane that is
/// claimed will find it when the attempt under way has ended.
pub(super) async fn stand_in_line_again(
    conn: &impl ConnectionTrait,
    row: &delivery::Model,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let of = |column: lane::Column| Expr::col((lane::Entity, column));
    let stays = || of(lane::Column::Claim).is_not_null().or(is_blocked_by_another(row.id));
    lane::Entity::insert(lane::ActiveModel::from(row))
        .on_conflict(
            key()
                .value(lane::Column::Ready, Expr::case(stays(), false).finally(true))
                .value(lane::Column::WakeAt, Expr::case(stays(), of(lane::Column::WakeAt)).finally(now))
                .value(
                    lane::Column::BlockedBy,
                    Expr::case(is_blocked_by_another(row.id), of(lane::Column::BlockedBy))
                        .finally(Option::<Uuid>::None),
                )
                .to_owned(),
        )
        .exec_without_returning(conn)
        .await?;
    Ok(())
}

fn is_blocked_by_another(id: Uuid) -> Expr {
    Expr::col((lane::Entity, lane::Column::BlockedBy)).ne(id)
}

fn key() -> OnConflict {
    OnConflict::columns([lane::Column::WorkspaceId, lane::Column::Destination, lane::Column::Lane])
}

/// A lane, as its workspace sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Where it leads.
    pub destination: String,
    /// What its deliveries are about.
    pub lane: String,
    /// The dead letter that nothing may pass.
    pub blocked_by: Option<DeliveryId>,
}

/// Lanes in which something waits, in their order, at most `limit`.
pub async fn list_lanes(scope: &impl Scope, limit: u64) -> Result<Vec<Lane>, StoreError> {
    let rows = rows::<lane::Entity>(scope).order_by_asc(lane::Column::Id).limit(limit).all(scope.conn()).await?;
    let lane = |row: lane::Model| Lane {
        destination: row.destination,
        lane: row.lane,
        blocked_by: row.blocked_by.map(DeliveryId::from_uuid),
    };
    Ok(rows.into_iter().map(lane).collect())
}

/// Puts lanes in line whose sleep, or whose holder's lease, has ended; how many there were.
pub async fn wake_lanes(tx: &SystemTx, now: DateTime<Utc>, limit: u64) -> Result<u64, StoreError> {
    let asleep: Vec<i64> = lane::Entity::find()
        .select_only()
        .column(lane::Column::Id)
        .filter(lane::Column::Ready.into_expr().not())
        .filter(lane::Column::BlockedBy.is_null())
        .filter(lane::Column::WakeAt.lte(now))
        .order_by_asc(lane::Column::WakeAt)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(&tx.conn)
        .await?;
    if asleep.is_empty() {
        return Ok(0);
    }
    let woken = lane::Entity::update_many()
        .col_expr(lane::Column::Ready, Expr::value(true))
        .col_expr(lane::Column::Claim, Expr::value(Option::<Uuid>::None))
        .filter(lane::Column::Id.is_in(padded(asleep)))
        .exec(&tx.conn)
        .await?;
    Ok(woken.rows_affected)
}

/// Ends the claims on locked lanes: what they do next, all the same. Blocked ones name the delivery that blocks them.
pub(super) async fn turn(
    conn: &impl ConnectionTrait,
    ids: Vec<i64>,
    turn: Turn,
    blocked_by: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let ids = padded(ids);
    let (ready, wake_at) = match turn {
        Turn::Empty => {
            lane::Entity::delete_many().filter(lane::Column::Id.is_in(ids)).exec(conn).await?;
            return Ok(());
        }
        Turn::Ready => (true, now),
        Turn::Asleep(until) => (false, until),
        Turn::Blocked => (false, now),
    };
    lane::Entity::update_many()
        .col_expr(lane::Column::Ready, Expr::value(ready))
        .col_expr(lane::Column::WakeAt, Expr::value(wake_at))
        .col_expr(lane::Column::BlockedBy, Expr::value(blocked_by))
        .col_expr(lane::Column::Claim, Expr::value(Option::<Uuid>::None))
        .filter(lane::Column::Id.is_in(ids))
        .exec(conn)
        .await?;
    Ok(())
}

/// When the heads of lanes may be attempted, by the lanes' destinations and names; one without a head is not in it.
pub(super) async fn heads(
    conn: &impl ConnectionTrait,
    ids: impl Iterator<Item = i64>,
) -> Result<BTreeMap<(String, String), DateTime<Utc>>, StoreError> {
    let ids = padded(ids.collect());
    let heads: Vec<(String, String, DateTime<Utc>)> = delivery::Entity::find()
        .select_only()
        .columns([delivery::Column::Destination, delivery::Column::Lane, delivery::Column::NextAttemptAt])
        .filter(delivery::Column::Id.in_subquery(heads_of(&ids)))
        .into_tuple()
        .all(conn)
        .await?;
    Ok(heads.into_iter().map(|(destination, lane, at)| ((destination, lane), at)).collect())
}

/// When the head of a lane may be attempted, if it has one.
pub(super) async fn head(conn: &impl ConnectionTrait, id: i64) -> Result<Option<DateTime<Utc>>, StoreError> {
    Ok(heads(conn, std::iter::once(id)).await?.into_values().next())
}

/// Locked lanes, by their keys.
pub(super) type Locked = BTreeMap<i64, lane::Model>;

/// Those of these lanes of the workspace that are still there, locked in the order in which everybody locks lanes. The
/// statement names neither the workspace nor an order that an index has: each would offer an index to walk.
pub(super) async fn lock(tx: &Tx, ids: impl Iterator<Item = i64>) -> Result<Locked, StoreError> {
    let found = lane::Entity::find()
        .filter(lane::Column::Id.is_in(padded(ids.collect())))
        .order_by_asc(lane::Column::Lane)
        .order_by_asc(lane::Column::Destination)
        .lock_exclusive()
        .all(&tx.conn)
        .await?;
    let ours = found.into_iter().filter(|lane| lane.workspace_id == tx.workspace.uuid());
    Ok(ours.map(|lane| (lane.id, lane)).collect())
}

/// The lane of a delivery, locked, if it is there.
pub(super) async fn lock_of(tx: &Tx, row: &delivery::Model) -> Result<Option<lane::Model>, StoreError> {
    let lane = rows::<lane::Entity>(tx)
        .filter(lane::Column::Destination.eq(&row.destination))
        .filter(lane::Column::Lane.eq(&row.lane))
        .lock_exclusive();
    Ok(lane.one(&tx.conn).await?)
}

/// Live lanes of a destination that stand in line, or those of replays, longest first, locked: their keys and names.
pub(super) async fn lock_ready(
    conn: &impl ConnectionTrait,
    workspace: Uuid,
    (destination, behind): (&str, bool),
    limit: u64,
) -> Result<Vec<(i64, String)>, StoreError> {
    let ready = lane::Entity::find()
        .select_only()
        .column(lane::Column::Id)
        .column(lane::Column::Lane)
        .filter(lane::Column::WorkspaceId.eq(workspace))
        .filter(lane::Column::Destination.eq(destination))
        .filter(lane::Column::Behind.eq(behind))
        .filter(lane::Column::Ready.into_expr())
        .order_by_asc(lane::Column::WakeAt)
        .order_by_asc(lane::Column::Id)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(conn)
        .await?;
    Ok(ready)
}

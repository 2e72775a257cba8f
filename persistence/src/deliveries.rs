//! Deliveries in their lanes: claimed by lease, the head of each lane only, settled once.

use chrono::{DateTime, Utc};
use domain::ids::{DeliveryId, EntityId, WorkspaceId};
use domain::integrations::{Delivery, DeliveryState, Job};
use domain::operation::CorrelationId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, LockBehavior, LockType, Query};
use sea_orm::{ActiveModelTrait, Condition, IntoActiveModel, QueryOrder, QuerySelect};

use crate::convert::{from_json, from_text, to_json, to_text};
use crate::table::{find, rows, tenant_table};
use crate::{Database, Scope, StoreError, SystemTx, Tx};

tenant_table!(delivery = "deliveries" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    destination: String,
    lane: String,
    job: Json,
    position: i64,
    state: String,
    attempts: i32,
    next_attempt_at: DateTimeUtc,
    claimed_until: Option<DateTimeUtc>,
    claim: Option<Uuid>,
    last_error: Option<String>,
    correlation: String,
    created_at: DateTimeUtc,
    finished_at: Option<DateTimeUtc>,
});

/// A delivery that a worker has claimed: nobody else works on it until the lease ends.
#[derive(Debug, Clone)]
pub struct ClaimedDelivery {
    /// Whose.
    pub workspace: WorkspaceId,
    /// What is to be done.
    pub delivery: Delivery,
    /// The claim: settling asks for it, so a worker that lost its lease cannot overwrite its successor.
    pub claim: Uuid,
}

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

/// Writes a delivery for an event, in the relay's transaction.
pub async fn enqueue(tx: &SystemTx, workspace: WorkspaceId, delivery: &Delivery) -> Result<(), StoreError> {
    let row = delivery::Model {
        id: delivery.id.uuid(),
        workspace_id: workspace.uuid(),
        destination: delivery.job.destination(),
        lane: delivery.job.lane(),
        job: to_json(&delivery.job)?,
        position: delivery.position,
        state: to_text(&delivery.state)?,
        attempts: delivery.attempts,
        next_attempt_at: delivery.next_attempt_at,
        claimed_until: None,
        claim: None,
        last_error: None,
        correlation: delivery.correlation.to_string(),
        created_at: delivery.created_at,
        finished_at: None,
    };
    delivery::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(&tx.conn).await?;
    Ok(())
}

/// Claims up to `limit` deliveries that are due and head their lanes, until `until`.
pub async fn claim_due(
    database: &Database,
    claim: Uuid,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<ClaimedDelivery>, StoreError> {
    let tx = database.begin_system().await?;
    let earlier = earlier_in_lane();
    let heads = delivery::Entity::find()
        .select_only()
        .column(delivery::Column::Id)
        .filter(delivery::Column::State.eq("pending"))
        .filter(delivery::Column::NextAttemptAt.lte(now))
        .filter(unclaimed(now))
        .filter(Expr::exists(earlier).not())
        .filter(Expr::exists(in_flight_in_lane(now)).not())
        .order_by_asc(delivery::Column::NextAttemptAt)
        .limit(limit)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple::<Uuid>()
        .all(&tx.conn)
        .await?;
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    delivery::Entity::update_many()
        .col_expr(delivery::Column::ClaimedUntil, Expr::value(until))
        .col_expr(delivery::Column::Claim, Expr::value(claim))
        .filter(delivery::Column::Id.is_in(heads.clone()))
        .exec(&tx.conn)
        .await?;
    let claimed = delivery::Entity::find().filter(delivery::Column::Id.is_in(heads)).all(&tx.conn).await?;
    tx.commit().await?;
    claimed
        .into_iter()
        .map(|row| {
            Ok(ClaimedDelivery {
                workspace: WorkspaceId::from_uuid(row.workspace_id),
                delivery: row.try_into()?,
                claim,
            })
        })
        .collect()
}

/// A pending delivery of the same lane that comes first: whoever has one is not at the head.
fn earlier_in_lane() -> sea_orm::sea_query::SelectStatement {
    use sea_orm::sea_query::Alias;

    let earlier = Alias::new("earlier");
    let of = |column: delivery::Column| Expr::col((earlier.clone(), column));
    let mine = |column: delivery::Column| Expr::col((delivery::Entity, column));
    let same_place = of(delivery::Column::Position)
        .eq(mine(delivery::Column::Position))
        .and(of(delivery::Column::Id).lt(mine(delivery::Column::Id)));
    Query::select()
        .expr(Expr::value(1))
        .from_as(delivery::Entity, earlier.clone())
        .and_where(of(delivery::Column::Destination).eq(mine(delivery::Column::Destination)))
        .and_where(of(delivery::Column::Lane).eq(mine(delivery::Column::Lane)))
        .and_where(of(delivery::Column::State).eq("pending"))
        .and_where(of(delivery::Column::Position).lt(mine(delivery::Column::Position)).or(same_place))
        .to_owned()
}

/// A delivery of the same lane that somebody works on: one that was replayed must wait for it, though it comes first.
fn in_flight_in_lane(now: DateTime<Utc>) -> sea_orm::sea_query::SelectStatement {
    use sea_orm::sea_query::Alias;

    let other = Alias::new("other");
    let of = |column: delivery::Column| Expr::col((other.clone(), column));
    let mine = |column: delivery::Column| Expr::col((delivery::Entity, column));
    Query::select()
        .expr(Expr::value(1))
        .from_as(delivery::Entity, other.clone())
        .and_where(of(delivery::Column::Destination).eq(mine(delivery::Column::Destination)))
        .and_where(of(delivery::Column::Lane).eq(mine(delivery::Column::Lane)))
        .and_where(of(delivery::Column::State).eq("pending"))
        .and_where(of(delivery::Column::ClaimedUntil).gte(now))
        .to_owned()
}

fn unclaimed(now: DateTime<Utc>) -> Condition {
    Condition::any().add(delivery::Column::ClaimedUntil.is_null()).add(delivery::Column::ClaimedUntil.lt(now))
}

/// Gives up every claim: for a worker that knows itself to be the only one when it starts. What its predecessor left
/// in the middle is then due at once, not when the lease would have ended.
pub async fn release_claims(database: &Database) -> Result<u64, StoreError> {
    let tx = database.begin_system().await?;
    let released = delivery::Entity::update_many()
        .col_expr(delivery::Column::ClaimedUntil, Expr::value(Option::<DateTimeUtc>::None))
        .col_expr(delivery::Column::Claim, Expr::value(Option::<Uuid>::None))
        .filter(delivery::Column::State.eq("pending"))
        .filter(delivery::Column::Claim.is_not_null())
        .exec(&tx.conn)
        .await?;
    tx.commit().await?;
    Ok(released.rows_affected)
}

/// Prolongs a lease; `false` when it was lost.
pub async fn prolong(
    database: &Database,
    id: DeliveryId,
    claim: Uuid,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let tx = database.begin_system().await?;
    let prolonged = delivery::Entity::update_many()
        .col_expr(delivery::Column::ClaimedUntil, Expr::value(until))
        .filter(delivery::Column::Id.eq(id.uuid()))
        .filter(delivery::Column::Claim.eq(claim))
        .exec(&tx.conn)
        .await?;
    tx.commit().await?;
    Ok(prolonged.rows_affected == 1)
}

/// Ends an attempt, in a transaction of the delivery's workspace; `false` when the lease was lost meanwhile.
pub async fn settle(
    tx: &Tx,
    claimed: &ClaimedDelivery,
    settlement: &Settlement,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let (state, error, next) = match settlement {
        Settlement::Done => (DeliveryState::Done, None, now),
        Settlement::Retry { at, error } => (DeliveryState::Pending, Some(error.clone()), *at),
        Settlement::Dead { error } => (DeliveryState::Dead, Some(error.clone()), now),
        Settlement::Parked { error } => (DeliveryState::Parked, Some(error.clone()), now),
    };
    let finished = (state != DeliveryState::Pending).then_some(now);
    let settled = delivery::Entity::update_many()
        .col_expr(delivery::Column::State, Expr::value(to_text(&state)?))
        .col_expr(delivery::Column::Attempts, Expr::value(claimed.delivery.attempts + 1))
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(next))
        .col_expr(delivery::Column::LastError, Expr::value(error))
        .col_expr(delivery::Column::FinishedAt, Expr::value(finished))
        .col_expr(delivery::Column::ClaimedUntil, Expr::value(Option::<DateTimeUtc>::None))
        .col_expr(delivery::Column::Claim, Expr::value(Option::<Uuid>::None))
        .filter(delivery::Column::WorkspaceId.eq(tx.workspace.uuid()))
        .filter(delivery::Column::Id.eq(claimed.delivery.id.uuid()))
        .filter(delivery::Column::Claim.eq(claimed.claim))
        .exec(&tx.conn)
        .await?;
    Ok(settled.rows_affected == 1)
}

/// One delivery.
pub async fn find_delivery(scope: &impl Scope, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    find::<delivery::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

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
    let revived = delivery::Entity::update_many()
        .col_expr(delivery::Column::State, Expr::value("pending"))
        .col_expr(delivery::Column::Attempts, Expr::value(0))
        .col_expr(delivery::Column::NextAttemptAt, Expr::value(now))
        .col_expr(delivery::Column::FinishedAt, Expr::value(Option::<DateTimeUtc>::None))
        .filter(delivery::Column::WorkspaceId.eq(tx.workspace.uuid()))
        .filter(delivery::Column::Id.eq(id.uuid()))
        .filter(delivery::Column::State.is_in(["dead", "parked"]))
        .exec(&tx.conn)
        .await?;
    if revived.rows_affected == 0 { Ok(None) } else { find_delivery(tx, id).await }
}

/// How many deliveries wait, in all workspaces: for drain checks and health.
pub async fn count_pending(database: &Database) -> Result<u64, StoreError> {
    Ok(delivery::Entity::find().filter(delivery::Column::State.eq("pending")).count(database.unscoped()).await?)
}

impl TryFrom<delivery::Model> for Delivery {
    type Error = StoreError;

    fn try_from(row: delivery::Model) -> Result<Self, StoreError> {
        let job: Job = from_json(row.job)?;
        let correlation: CorrelationId = from_text(&row.correlation)?;
        Ok(Self {
            id: DeliveryId::from_uuid(row.id),
            job,
            position: row.position,
            state: from_text(&row.state)?,
            attempts: row.attempts,
            next_attempt_at: row.next_attempt_at,
            last_error: row.last_error,
            correlation,
            created_at: row.created_at,
        })
    }
}

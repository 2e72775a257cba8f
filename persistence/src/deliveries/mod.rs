//! Deliveries in their lanes: claimed by lease, the head of each lane only, settled once.
//!
//! A lane is a row: it stands in line, sleeps until an instant, is claimed, or is blocked; when nothing is left in it,
//! it goes. So finding what is due costs the same whether ten deliveries wait or a million.
//!
//! Locks are taken in one order, so that two who meet never wait for each other: names (`Tx::lock_names`); lanes, by
//! lane and then by destination; the deliveries in them; destinations; and at last what deliveries are about to change,
//! connections and endpoints. Claims skip what is locked and wait for nobody.

mod claims;
mod dead_letters;
mod destinations;
mod health;
mod lanes;
mod next;
mod poison;
mod replayed;
mod settle;
mod waiting;

use domain::ids::{DeliveryId, EntityId, WorkspaceId};
use domain::integrations::{Delivery, Job};
use domain::operation::CorrelationId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, EntityTrait, IntoActiveModel, PaginatorTrait};

use crate::convert::{from_json, from_text, to_json, to_text};
use crate::table::{find, tenant_table};
use crate::{Database, Scope, StoreError, SystemTx};

pub use claims::{Claim, ClaimedDelivery, Run, claim, prolong, release_claims};
pub use dead_letters::{
    DeadLetterFilter, count_dead_letters, discard, list_dead_letters, oldest_dead_letters, revive, revive_parked,
};
pub use destinations::{
    ReadyDestination, close_circuit, forget_destination, ready_destinations, set_on_death, set_rate,
};
pub use health::{Backlog, DestinationHealth, backlog, destinations_health};
pub use lanes::{Lane, list_lanes, wake_lanes};
pub use replayed::{ReplayTally, count_replay_waiting, enqueue_replayed, replay_tally};
pub use settle::{Ending, Settlement, settle};
pub use waiting::{Waiting, look_again, unblock_lanes, waiting_for};

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
    last_error: Option<String>,
    correlation: String,
    created_at: DateTimeUtc,
    finished_at: Option<DateTimeUtc>,
    replay_id: Option<Uuid>,
});

/// Writes the deliveries of a workspace's event, in the relay's transaction.
pub async fn enqueue(tx: &SystemTx, workspace: WorkspaceId, deliveries: &[Delivery]) -> Result<(), StoreError> {
    enqueue_on(&tx.conn, workspace, deliveries).await
}

async fn enqueue_on(
    conn: &impl ConnectionTrait,
    workspace: WorkspaceId,
    deliveries: &[Delivery],
) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    let rows = deliveries.iter().map(|delivery| row(workspace, delivery)).collect::<Result<Vec<_>, _>>()?;
    lanes::stand_in_line(conn, &rows).await?;
    let rows = rows.into_iter().map(|row| row.into_active_model().reset_all());
    delivery::Entity::insert_many(rows).exec_without_returning(conn).await?;
    Ok(())
}

fn row(workspace: WorkspaceId, delivery: &Delivery) -> Result<delivery::Model, StoreError> {
    Ok(delivery::Model {
        id: delivery.id.uuid(),
        workspace_id: workspace.uuid(),
        destination: delivery.job.destination(),
        lane: delivery.job.lane(),
        job: to_json(&delivery.job)?,
        position: delivery.position,
        state: to_text(&delivery.state)?,
        attempts: delivery.attempts,
        next_attempt_at: delivery.next_attempt_at,
        last_error: None,
        correlation: delivery.correlation.to_string(),
        created_at: delivery.created_at,
        finished_at: None,
        replay_id: delivery.job.replay().map(EntityId::uuid),
    })
}

/// Pending deliveries. In words and not by parameters, so that a plan for any values still knows the partial index.
pub(crate) fn is_pending() -> Expr {
    Expr::col((delivery::Entity, delivery::Column::State)).eq(Expr::cust("'pending'"))
}

/// Dead and parked deliveries, in words likewise.
pub(crate) fn is_dead() -> Expr {
    Expr::col((delivery::Entity, delivery::Column::State)).is_in([Expr::cust("'dead'"), Expr::cust("'parked'")])
}

/// One delivery.
pub async fn find_delivery(scope: &impl Scope, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
    find::<delivery::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// How many deliveries wait, in all workspaces: for drain checks and health.
pub async fn count_pending(database: &Database) -> Result<u64, StoreError> {
    Ok(delivery::Entity::find().filter(is_pending()).count(database.unscoped()).await?)
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

//! Deliveries that are kept as they came: vendors' events, and what does not fit its schema. Bodies are sealed: they may
//! say anything about anybody.

use chrono::{DateTime, Utc};
use domain::ids::{ConnectionId, EntityId, InboundDeliveryId};
use domain::operation::CorrelationId;
use domain::webhooks::{InboundDelivery, InboundState, Resolution};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, Condition, IntoActiveModel, QueryOrder, QuerySelect, TryInsertResult};

use crate::convert::{from_json, from_text, to_json, to_text};
use crate::table::{LOCK, find, rows, tenant_table, workspace_of};
use crate::{Database, Scope, Sealer, StoreError, Tx};

/// Deliveries forgotten by one transaction.
const FORGET_BATCH: u64 = 1000;

tenant_table!(inbound = "inbound_deliveries" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    connection_id: Uuid,
    delivery_id: Option<String>,
    replay_key: Option<String>,
    state: String,
    headers: Json,
    sealed_body: Vec<u8>,
    violations: Json,
    correlation: String,
    received_at: DateTimeUtc,
    resolution: Option<Json>,
});

/// Which deliveries are wanted. Everything that is `None` does not limit.
#[derive(Debug, Clone, Default)]
pub struct InboundFilter {
    /// Through this connection.
    pub connection: Option<ConnectionId>,
    /// In this state.
    pub state: Option<InboundState>,
}

fn place(id: Uuid) -> String {
    format!("inbound_deliveries/{id}")
}

/// Stores a delivery with its body, unless its delivery id or its replay key is known: whether it is new.
pub async fn insert_inbound(
    tx: &Tx,
    sealer: &Sealer,
    value: &InboundDelivery,
    (body, replay_key): (&[u8], Option<&str>),
) -> Result<bool, StoreError> {
    let row = inbound::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        connection_id: value.connection.uuid(),
        delivery_id: value.delivery_id.clone(),
        replay_key: replay_key.map(str::to_owned),
        state: to_text(&value.state)?,
        headers: to_json(&value.headers)?,
        sealed_body: sealer.seal(&place(value.id.uuid()), body)?,
        violations: to_json(&value.violations)?,
        correlation: value.correlation.to_string(),
        received_at: value.received_at,
        resolution: value.resolution.as_ref().map(to_json).transpose()?,
    };
    // Whichever constraint objects: `on_conflict_do_nothing` would mean the primary key alone.
    let inserted = inbound::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(&tx.conn)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

/// The delivery that came earlier with this id or this replay key.
pub async fn find_known_inbound(
    tx: &Tx,
    connection: ConnectionId,
    (delivery_id, replay_key): (Option<&str>, Option<&str>),
) -> Result<Option<InboundDelivery>, StoreError> {
    if delivery_id.is_none() && replay_key.is_none() {
        return Ok(None);
    }
    let either = Condition::any()
        .add_option(delivery_id.map(|id| inbound::Column::DeliveryId.eq(id)))
        .add_option(replay_key.map(|key| inbound::Column::ReplayKey.eq(key)));
    let through = rows::<inbound::Entity>(tx).filter(inbound::Column::ConnectionId.eq(connection.uuid()));
    through.filter(either).one(&tx.conn).await?.map(TryInto::try_into).transpose()
}

/// One delivery.
pub async fn find_inbound(scope: &impl Scope, id: InboundDeliveryId) -> Result<Option<InboundDelivery>, StoreError> {
    find::<inbound::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// One delivery, locked for the rest of the transaction.
pub async fn lock_inbound(tx: &Tx, id: InboundDeliveryId) -> Result<Option<InboundDelivery>, StoreError> {
    let found = rows::<inbound::Entity>(tx).filter(inbound::Column::Id.eq(id.uuid())).lock(LOCK).one(&tx.conn).await?;
    found.map(TryInto::try_into).transpose()
}

/// Locks the delivery of this id, if there is one in quarantine, for the rest of the transaction.
pub async fn lock_quarantined(tx: &Tx, connection: ConnectionId, delivery_id: &str) -> Result<(), StoreError> {
    let quarantined = rows::<inbound::Entity>(tx)
        .filter(inbound::Column::ConnectionId.eq(connection.uuid()))
        .filter(inbound::Column::DeliveryId.eq(delivery_id))
        .filter(inbound::Column::State.eq(to_text(&InboundState::Quarantined)?));
    quarantined.lock(LOCK).one(&tx.conn).await?;
    Ok(())
}

/// The body of a delivery, as it came.
pub async fn open_inbound_body(
    scope: &impl Scope,
    sealer: &Sealer,
    id: InboundDeliveryId,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = find::<inbound::Entity>(scope, id.uuid()).await?;
    found.map(|row| sealer.open(&place(row.id), &row.sealed_body)).transpose()
}

/// A page of deliveries, newest first.
pub async fn list_inbound(
    scope: &impl Scope,
    filter: &InboundFilter,
    after: Option<InboundDeliveryId>,
    limit: u64,
) -> Result<Vec<InboundDelivery>, StoreError> {
    let mut query = rows::<inbound::Entity>(scope).order_by_desc(inbound::Column::Id).limit(limit);
    if let Some(connection) = filter.connection {
        query = query.filter(inbound::Column::ConnectionId.eq(connection.uuid()));
    }
    if let Some(state) = &filter.state {
        query = query.filter(inbound::Column::State.eq(to_text(state)?));
    }
    if let Some(after) = after {
        query = query.filter(inbound::Column::Id.lt(after.uuid()));
    }
    query.all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// Writes where a delivery is now, and how it got there.
pub async fn resolve_inbound(tx: &Tx, value: &InboundDelivery) -> Result<(), StoreError> {
    resolved(value.state, value.resolution.as_ref())?
        .filter(inbound::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(inbound::Column::Id.eq(value.id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// What the sender's own correction means for the delivery of the same id, if that is in quarantine.
pub async fn supersede(
    tx: &Tx,
    connection: ConnectionId,
    delivery_id: &str,
    resolution: &Resolution,
) -> Result<(), StoreError> {
    resolved(InboundState::Repaired, Some(resolution))?
        .filter(inbound::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(inbound::Column::ConnectionId.eq(connection.uuid()))
        .filter(inbound::Column::DeliveryId.eq(delivery_id))
        .filter(inbound::Column::State.eq(to_text(&InboundState::Quarantined)?))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

fn resolved(
    state: InboundState,
    resolution: Option<&Resolution>,
) -> Result<sea_orm::UpdateMany<inbound::Entity>, StoreError> {
    Ok(inbound::Entity::update_many()
        .col_expr(inbound::Column::State, Expr::value(to_text(&state)?))
        .col_expr(inbound::Column::Resolution, Expr::value(resolution.map(to_json).transpose()?)))
}

/// Forgets deliveries that came before an instant and are not in quarantine, in all workspaces; how many.
pub async fn forget_inbound(database: &Database, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    loop {
        let tx = database.begin_system().await?;
        let old: Vec<Uuid> = inbound::Entity::find()
            .select_only()
            .column(inbound::Column::Id)
            .filter(inbound::Column::ReceivedAt.lt(before))
            .filter(inbound::Column::State.ne(to_text(&InboundState::Quarantined)?))
            .limit(FORGET_BATCH)
            .into_tuple()
            .all(&tx.conn)
            .await?;
        let gone = inbound::Entity::delete_many().filter(inbound::Column::Id.is_in(old)).exec(&tx.conn).await?;
        tx.commit().await?;
        forgotten += gone.rows_affected;
        if gone.rows_affected < FORGET_BATCH {
            return Ok(forgotten);
        }
    }
}

impl TryFrom<inbound::Model> for InboundDelivery {
    type Error = StoreError;

    fn try_from(row: inbound::Model) -> Result<Self, StoreError> {
        let correlation: CorrelationId = from_text(&row.correlation)?;
        Ok(Self {
            id: InboundDeliveryId::from_uuid(row.id),
            connection: ConnectionId::from_uuid(row.connection_id),
            delivery_id: row.delivery_id,
            state: from_text(&row.state)?,
            headers: from_json(row.headers)?,
            violations: from_json(row.violations)?,
            correlation,
            received_at: row.received_at,
            resolution: row.resolution.map(from_json).transpose()?,
        })
    }
}

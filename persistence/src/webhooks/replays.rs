//! Replays, and what has become of their deliveries.

use chrono::{DateTime, Utc};
use domain::ids::{EndpointId, EntityId, ReplayId, WorkspaceId};
use domain::webhooks::replay::{Replay, ReplayState};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{PaginatorTrait, QueryOrder, QuerySelect};

use crate::convert::{from_json, from_text, to_json, to_text};
use crate::table::{find, insert, replace, rows, tenant_table, workspace_of};
use crate::{Database, Scope, StoreError, Tx};

tenant_table!(replay = "replays" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    endpoint_id: Uuid,
    selection: Json,
    dry_run: bool,
    state: String,
    first: i64,
    scanned: i64,
    through: i64,
    matched: i64,
    enqueued: i64,
    created_at: DateTimeUtc,
    finished_at: Option<DateTimeUtc>,
});

/// One replay.
pub async fn find_replay(scope: &impl Scope, id: ReplayId) -> Result<Option<Replay>, StoreError> {
    find::<replay::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// One replay, locked for the rest of the transaction.
pub async fn lock_replay(tx: &Tx, id: ReplayId) -> Result<Option<Replay>, StoreError> {
    let found =
        rows::<replay::Entity>(tx).filter(replay::Column::Id.eq(id.uuid())).lock_exclusive().one(&tx.conn).await?;
    found.map(TryInto::try_into).transpose()
}

/// A page of the workspace's replays, newest first.
pub async fn list_replays(
    scope: &impl Scope,
    endpoint: Option<EndpointId>,
    after: Option<ReplayId>,
    limit: u64,
) -> Result<Vec<Replay>, StoreError> {
    let mut query = rows::<replay::Entity>(scope).order_by_desc(replay::Column::Id).limit(limit);
    if let Some(endpoint) = endpoint {
        query = query.filter(replay::Column::EndpointId.eq(endpoint.uuid()));
    }
    if let Some(after) = after {
        query = query.filter(replay::Column::Id.lt(after.uuid()));
    }
    query.all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// How many of the workspace's replays are not over.
pub async fn count_open_replays(tx: &Tx) -> Result<u64, StoreError> {
    let open = [to_text(&ReplayState::Running)?, to_text(&ReplayState::Paused)?];
    Ok(rows::<replay::Entity>(tx).filter(replay::Column::State.is_in(open)).count(&tx.conn).await?)
}

/// Replays that go on, in all workspaces, after this one.
pub async fn running_replays(
    database: &Database,
    after: Option<ReplayId>,
    limit: u64,
) -> Result<Vec<(WorkspaceId, ReplayId)>, StoreError> {
    // In words, so that a plan for any value still knows the partial index.
    let mut running = replay::Entity::find()
        .select_only()
        .column(replay::Column::WorkspaceId)
        .column(replay::Column::Id)
        .filter(Expr::col((replay::Entity, replay::Column::State)).eq(Expr::cust("'running'")))
        .order_by_asc(replay::Column::Id)
        .limit(limit);
    if let Some(after) = after {
        running = running.filter(replay::Column::Id.gt(after.uuid()));
    }
    let found: Vec<(Uuid, Uuid)> = running.into_tuple().all(database.unscoped()).await?;
    Ok(found.into_iter().map(|(workspace, id)| (WorkspaceId::from_uuid(workspace), ReplayId::from_uuid(id))).collect())
}

/// Adds a replay.
pub async fn insert_replay(tx: &Tx, value: &Replay) -> Result<(), StoreError> {
    insert::<replay::Entity>(tx, row(tx, value)?).await
}

/// Writes a known replay anew.
pub async fn replace_replay(tx: &Tx, value: &Replay) -> Result<(), StoreError> {
    replace::<replay::Entity>(tx, row(tx, value)?).await
}

fn row(tx: &Tx, value: &Replay) -> Result<replay::Model, StoreError> {
    Ok(replay::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        endpoint_id: value.endpoint.uuid(),
        selection: to_json(&value.selection)?,
        dry_run: value.dry_run,
        state: to_text(&value.state)?,
        first: value.first,
        scanned: value.scanned,
        through: value.through,
        matched: value.matched,
        enqueued: value.enqueued,
        created_at: value.created_at,
        finished_at: value.finished_at,
    })
}

impl TryFrom<replay::Model> for Replay {
    type Error = StoreError;

    fn try_from(row: replay::Model) -> Result<Self, StoreError> {
        let created_at: DateTime<Utc> = row.created_at;
        Ok(Self {
            id: ReplayId::from_uuid(row.id),
            endpoint: EndpointId::from_uuid(row.endpoint_id),
            selection: from_json(row.selection)?,
            dry_run: row.dry_run,
            state: from_text(&row.state)?,
            first: row.first,
            scanned: row.scanned,
            through: row.through,
            matched: row.matched,
            enqueued: row.enqueued,
            created_at,
            finished_at: row.finished_at,
        })
    }
}

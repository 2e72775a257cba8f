//! Reading the log, by position and by id.
//!
//! What stands in the log and cannot be read is an entry too, so that one row holds up no page, stream or replay.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::events::{Entry, OpaqueEvent};
use domain::ids::{EntityId, EventId, WorkspaceId};
use domain::operation::CorrelationId;
use domain::webhooks::replay::Selection;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Order, Query, UnionType};
use sea_orm::{QueryOrder, QuerySelect, Select};

use super::log::event;
use crate::table::{padded, rows};
use crate::{Scope, StoreError};

/// What can be read of every row.
#[derive(DerivePartialModel)]
#[sea_orm(entity = "event::Entity")]
struct Outline {
    seq: i64,
    id: Uuid,
    workspace_id: Uuid,
    position: Option<i64>,
    kind: String,
    entity: String,
    occurred_at: DateTimeUtc,
    correlation: String,
}

/// Which events of the log are wanted. Everything that is empty does not limit.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Of these types.
    pub types: Vec<String>,
    /// About this entity.
    pub entity: Option<String>,
    /// Of this piece of work.
    pub correlation: Option<CorrelationId>,
}

/// A page of the log, oldest first, after a position.
pub async fn list_events(
    scope: &impl Scope,
    filter: &EventFilter,
    after: i64,
    limit: u64,
) -> Result<Vec<Entry>, StoreError> {
    if filter.entity.is_none() && filter.correlation.is_none() && !filter.types.is_empty() {
        let found = first_of_types(scope, &filter.types, after, limit).await?;
        // The workspace is left out here for the reason that [`events_by_id`] has.
        let query = event::Entity::find().filter(event::Column::Seq.is_in(padded(found)));
        return entries(scope.conn(), query.order_by_asc(event::Column::Position)).await;
    }
    let mut query =
        rows::<event::Entity>(scope).filter(event::Column::Position.gt(after)).order_by_asc(event::Column::Position);
    if !filter.types.is_empty() {
        query = query.filter(event::Column::Kind.is_in(filter.types.iter().cloned()));
    }
    if let Some(entity) = &filter.entity {
        query = query.filter(event::Column::Entity.eq(entity));
    }
    if let Some(correlation) = &filter.correlation {
        query = query.filter(event::Column::Correlation.eq(correlation.as_str()));
    }
    entries(scope.conn(), query.limit(limit)).await
}

/// What has these ids, if it is in the scope's workspace and has its place, in no particular order. The statement names
/// the ids alone: with the workspace it would offer indexes to walk, and a plan from the first day takes them.
pub async fn events_by_id(scope: &impl Scope, ids: &[EventId]) -> Result<Vec<Entry>, StoreError> {
    let ids = padded(ids.iter().map(|id| id.uuid()).collect());
    let mut found = entries(scope.conn(), event::Entity::find().filter(event::Column::Id.is_in(ids))).await?;
    found.retain(|entry| entry.workspace() == scope.workspace() && entry.position() > 0);
    Ok(found)
}

/// Events of the log that a replay selects, after one position and up to another, oldest first.
pub async fn list_selected(
    scope: &impl Scope,
    selection: &Selection,
    (after, through): (i64, i64),
    limit: u64,
) -> Result<Vec<Entry>, StoreError> {
    let mut query = rows::<event::Entity>(scope)
        .filter(event::Column::Position.gt(after))
        .filter(event::Column::Position.lte(through))
        .order_by_asc(event::Column::Position);
    if let Some(from) = selection.from {
        query = query.filter(event::Column::OccurredAt.gte(from));
    }
    if let Some(to) = selection.to {
        query = query.filter(event::Column::OccurredAt.lt(to));
    }
    if !selection.types.is_empty() {
        query = query.filter(event::Column::Kind.is_in(selection.types.iter().map(|kind| kind.as_str())));
    }
    if let Some(entity) = &selection.entity {
        query = query.filter(event::Column::Entity.eq(entity));
    }
    entries(scope.conn(), query.limit(limit)).await
}

/// The first events of these types after a position, by their sequence numbers: the first of each by its index, and of
/// those the first of all. Asked for all types at once, a store walks the log by its positions until it has found enough,
/// which for a rare type is all of it.
async fn first_of_types(scope: &impl Scope, types: &[String], after: i64, limit: u64) -> Result<Vec<i64>, StoreError> {
    use event::Column::{Kind, Position, Seq, WorkspaceId};

    let of_type = |kind: &String| {
        let first = Query::select()
            .columns([Seq, Position])
            .from(event::Entity)
            .and_where(WorkspaceId.eq(scope.workspace().uuid()))
            .and_where(Kind.eq(kind))
            .and_where(Position.gt(after))
            .order_by(Position, Order::Asc)
            .limit(limit)
            .to_owned();
        Query::select().columns([Seq, Position]).from_subquery(first, "first").to_owned()
    };
    let types: BTreeSet<&String> = types.iter().collect();
    let mut arms = types.into_iter().map(of_type);
    let Some(mut all) = arms.next() else { return Ok(Vec::new()) };
    all.unions(arms.map(|arm| (UnionType::All, arm)));
    all.order_by(Position, Order::Asc).limit(limit);
    let found = scope.conn().query_all(&all).await?;
    Ok(found.into_iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?)
}

async fn entries(conn: &impl ConnectionTrait, found: Select<event::Entity>) -> Result<Vec<Entry>, StoreError> {
    match found.clone().all(conn).await.map_err(StoreError::from) {
        Ok(rows) => Ok(rows.into_iter().map(Entry::from).collect()),
        Err(error) if error.is_transient() => Err(error),
        // One of them is damaged so that not even its row can be read.
        Err(_) => one_by_one(conn, found).await,
    }
}

/// As [`entries`], a statement for each.
async fn one_by_one(conn: &impl ConnectionTrait, found: Select<event::Entity>) -> Result<Vec<Entry>, StoreError> {
    let outlines: Vec<Outline> = found.into_partial_model().all(conn).await?;
    let mut entries = Vec::with_capacity(outlines.len());
    for outline in outlines {
        match event::Entity::find_by_id(outline.seq).one(conn).await.map_err(StoreError::from) {
            // None: retention was here in between.
            Ok(row) => entries.extend(row.map(Entry::from)),
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => entries.push(Entry::Opaque(Arc::new(OpaqueEvent {
                id: EventId::from_uuid(outline.id),
                workspace: WorkspaceId::from_uuid(outline.workspace_id),
                position: outline.position.unwrap_or_default(),
                kind: outline.kind,
                entity: outline.entity,
                occurred_at: outline.occurred_at,
                correlation: outline.correlation,
                why: error.to_string(),
            }))),
        }
    }
    Ok(entries)
}

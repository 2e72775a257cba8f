//! Appending to the log and reading it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::events::{self, Event, Fact};
use domain::ids::{EntityId, EventId, WorkspaceId};
use domain::operation::{CorrelationId, Operation};
use domain::webhooks::replay::Selection;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveModelTrait, ActiveValue, IntoActiveModel, QueryOrder, QuerySelect};

use crate::convert::{from_json, from_text, to_json};
use crate::table::{insert_all, padded, rows, tenant_table};
use crate::{Database, Scope, StoreError, Tx};

tenant_table!(event = "events" {
    #[sea_orm(primary_key)]
    seq: i64,
    id: Uuid,
    workspace_id: Uuid,
    position: Option<i64>,
    #[sea_orm(column_name = "type")]
    kind: String,
    entity: String,
    fact: Json,
    actor: Json,
    correlation: String,
    occurred_at: DateTimeUtc,
});

pub(super) mod event_position {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "event_positions")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub workspace_id: Uuid,
        pub position: i64,
        pub horizon: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Workspaces that one statement asks about.
const WORKSPACES_AT_ONCE: usize = 1024;

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

/// Appends a fact to the log, in the transaction that writes the state it describes. It has no place yet: the relay
/// gives it one after the commit.
pub async fn append(tx: &Tx, operation: &Operation, fact: &Fact) -> Result<(), StoreError> {
    append_all(tx, operation, std::slice::from_ref(fact)).await
}

/// Appends facts, in their order, by as few statements as they fit in.
pub async fn append_all(tx: &Tx, operation: &Operation, facts: &[Fact]) -> Result<(), StoreError> {
    let rows = facts.iter().map(|fact| row(tx, operation, fact)).collect::<Result<Vec<_>, _>>()?;
    insert_all::<event::Entity>(tx, rows).await
}

fn row(tx: &Tx, operation: &Operation, fact: &Fact) -> Result<event::ActiveModel, StoreError> {
    let id: EventId = operation.new_id();
    if tx.checks_facts {
        check(tx.workspace, operation, id, fact)?;
    }
    let row = event::Model {
        seq: 0,
        id: id.uuid(),
        workspace_id: tx.workspace.uuid(),
        position: None,
        kind: fact.event_type().as_str().to_owned(),
        entity: fact.entity(),
        fact: to_json(fact)?,
        actor: to_json(&operation.actor)?,
        correlation: operation.correlation.to_string(),
        occurred_at: operation.now,
    };
    Ok(event::ActiveModel { seq: ActiveValue::NotSet, ..row.into_active_model().reset_all() })
}

/// Refuses a fact whose event would not be what its schema promises.
fn check(workspace: WorkspaceId, operation: &Operation, id: EventId, fact: &Fact) -> Result<(), StoreError> {
    let event = Event {
        id,
        workspace,
        // It gets its own later; any will do.
        position: 1,
        fact: fact.clone(),
        occurred_at: operation.now,
        actor: operation.actor,
        correlation: operation.correlation.clone(),
    };
    let found = events::violations(&event);
    let Some(first) = found.first() else { return Ok(()) };
    let kind = fact.event_type().as_str();
    Err(StoreError::Failed(format!("`{kind}` differs from its schema at `{}`: {}", first.path, first.message)))
}

/// A page of the log, oldest first, after a position.
pub async fn list_events(
    scope: &impl Scope,
    filter: &EventFilter,
    after: i64,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
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
    query.limit(limit).all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// These events, those of the scope's workspace that have their places, in no particular order. The statement names the
/// ids alone: with the workspace it would offer indexes to walk, and a plan from the first day takes them.
pub async fn events_by_id(scope: &impl Scope, ids: &[EventId]) -> Result<Vec<Event>, StoreError> {
    let ids = padded(ids.iter().map(|id| id.uuid()).collect());
    let found = event::Entity::find().filter(event::Column::Id.is_in(ids)).all(scope.conn()).await?;
    let is_ours = |row: &event::Model| row.workspace_id == scope.workspace().uuid() && row.position.is_some();
    found.into_iter().filter(is_ours).map(TryInto::try_into).collect()
}

/// Events of the log that a replay selects, after one position and up to another, oldest first.
pub async fn list_selected(
    scope: &impl Scope,
    selection: &Selection,
    (after, through): (i64, i64),
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
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
    query.limit(limit).all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// The position of the newest event that has one; 0 before the first.
pub async fn position(scope: &impl Scope) -> Result<i64, StoreError> {
    let row = event_position::Entity::find_by_id(scope.workspace().uuid()).one(scope.conn()).await?;
    Ok(row.map_or(0, |row| row.position))
}

/// The positions of the newest events of these workspaces, as far as they have any, in one statement: for those who
/// follow many, to know which to read.
pub async fn positions(
    database: &Database,
    workspaces: &[WorkspaceId],
) -> Result<HashMap<WorkspaceId, i64>, StoreError> {
    let mut found = HashMap::new();
    for some in workspaces.chunks(WORKSPACES_AT_ONCE) {
        let ids = padded(some.iter().map(|workspace| workspace.uuid()).collect());
        let rows = event_position::Entity::find().filter(event_position::Column::WorkspaceId.is_in(ids));
        let rows = rows.all(database.unscoped()).await?.into_iter();
        found.extend(rows.map(|row| (WorkspaceId::from_uuid(row.workspace_id), row.position)));
    }
    Ok(found)
}

impl TryFrom<event::Model> for Event {
    type Error = StoreError;

    fn try_from(row: event::Model) -> Result<Self, StoreError> {
        let occurred_at: DateTime<Utc> = row.occurred_at;
        Ok(Self {
            id: EventId::from_uuid(row.id),
            workspace: WorkspaceId::from_uuid(row.workspace_id),
            position: row.position.unwrap_or_default(),
            fact: from_json(row.fact)?,
            occurred_at,
            actor: from_json(row.actor)?,
            correlation: from_text(&row.correlation)?,
        })
    }
}

//! Appending to the log, and what a row of it is.

use std::collections::HashMap;
use std::sync::Arc;

use domain::access::Actor;
use domain::events::{self, Entry, Event, Fact, OpaqueEvent};
use domain::ids::{EntityId, EventId, WorkspaceId};
use domain::operation::{CorrelationId, Operation};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveModelTrait, ActiveValue, IntoActiveModel};
use serde_json::Value;

use crate::convert::{from_json, from_text, to_json};
use crate::table::{insert_all, padded, tenant_table};
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

impl From<event::Model> for Entry {
    fn from(row: event::Model) -> Self {
        let (id, workspace) = (EventId::from_uuid(row.id), WorkspaceId::from_uuid(row.workspace_id));
        let (position, occurred_at) = (row.position.unwrap_or_default(), row.occurred_at);
        match content(row.fact, row.actor, &row.correlation) {
            Ok((fact, actor, correlation)) => {
                Self::Event(Arc::new(Event { id, workspace, position, fact, occurred_at, actor, correlation }))
            }
            Err(error) => Self::Opaque(Arc::new(OpaqueEvent {
                id,
                workspace,
                position,
                kind: row.kind,
                entity: row.entity,
                occurred_at,
                correlation: row.correlation,
                why: error.to_string(),
            })),
        }
    }
}

/// What only a version can read that knows what was written.
fn content(fact: Value, actor: Value, correlation: &str) -> Result<(Fact, Actor, CorrelationId), StoreError> {
    Ok((from_json(fact)?, from_json(actor)?, from_text(correlation)?))
}

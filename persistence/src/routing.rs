//! Routing rules in immutable versions, the decisions made by them, and the tasks they led to.

use chrono::{DateTime, Utc};
use domain::ids::{ContactId, EntityId, HostId, RoutingDecisionId, TaskId};
use domain::routing::{RoutingRecord, RoutingRules, Task};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect};

use crate::availability::host;
use crate::convert::{from_json, to_json};
use crate::table::{find, insert, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(routing_rules = "routing_rules" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    version: i32,
    rules: Json,
    created_at: DateTimeUtc,
});

tenant_table!(routing_decision = "routing_decisions" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    contact_id: Uuid,
    owner_id: Option<Uuid>,
    decision: Json,
    decided_at: DateTimeUtc,
    is_assignment: bool,
});

tenant_table!(task = "tasks" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    contact_id: Uuid,
    owner_id: Option<Uuid>,
    subject: String,
    due_at: DateTimeUtc,
    created_at: DateTimeUtc,
});

/// The rules in force, if there are any.
pub async fn current_rules(scope: &impl Scope) -> Result<Option<RoutingRules>, StoreError> {
    let found =
        rows::<routing_rules::Entity>(scope).order_by_desc(routing_rules::Column::Version).one(scope.conn()).await?;
    found.map(|row| from_json(row.rules)).transpose()
}

/// Publishes a version. A number that is taken is refused by `routing_rules_version_is_unique`.
pub async fn insert_rules(tx: &Tx, value: &RoutingRules, now: DateTime<Utc>) -> Result<(), StoreError> {
    insert::<routing_rules::Entity>(
        tx,
        routing_rules::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            version: value.version,
            rules: to_json(value)?,
            created_at: now,
        },
    )
    .await
}

/// Keeps a decision with its reasons.
pub async fn insert_decision(tx: &Tx, value: &RoutingRecord) -> Result<(), StoreError> {
    insert::<routing_decision::Entity>(
        tx,
        routing_decision::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            contact_id: value.contact.uuid(),
            owner_id: value.decision.owner.map(EntityId::uuid),
            decision: to_json(&value.decision)?,
            decided_at: value.decided_at,
            is_assignment: value.decision.outcome.is_assignment(),
        },
    )
    .await
}

/// One decision.
pub async fn find_decision(scope: &impl Scope, id: RoutingDecisionId) -> Result<Option<RoutingRecord>, StoreError> {
    find::<routing_decision::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// The newest decision about a contact.
pub async fn latest_decision(scope: &impl Scope, contact: ContactId) -> Result<Option<RoutingRecord>, StoreError> {
    let found = rows::<routing_decision::Entity>(scope)
        .filter(routing_decision::Column::ContactId.eq(contact.uuid()))
        .order_by_desc(routing_decision::Column::DecidedAt)
        .order_by_desc(routing_decision::Column::Id)
        .one(scope.conn())
        .await?;
    found.map(TryInto::try_into).transpose()
}

/// The decision that led to a task: a task is written with its decision, so it is the newest that was made by then.
pub async fn decision_behind(scope: &impl Scope, task: &Task) -> Result<Option<RoutingRecord>, StoreError> {
    let found = rows::<routing_decision::Entity>(scope)
        .filter(routing_decision::Column::ContactId.eq(task.contact.uuid()))
        .filter(routing_decision::Column::DecidedAt.lte(task.created_at))
        .order_by_desc(routing_decision::Column::DecidedAt)
        .order_by_desc(routing_decision::Column::Id)
        .one(scope.conn())
        .await?;
    found.map(TryInto::try_into).transpose()
}

#[derive(FromQueryResult)]
struct Load {
    owner_id: Uuid,
    leads: i64,
}

/// How many leads each host was given since `since`; hosts without any are left out.
pub async fn leads_assigned_since(tx: &Tx, since: DateTime<Utc>) -> Result<Vec<(HostId, u32)>, StoreError> {
    let loads = rows::<routing_decision::Entity>(tx)
        .select_only()
        .column(routing_decision::Column::OwnerId)
        .column_as(routing_decision::Column::Id.count(), "leads")
        .filter(routing_decision::Column::OwnerId.is_not_null())
        .filter(routing_decision::Column::IsAssignment.eq(true))
        .filter(routing_decision::Column::DecidedAt.gte(since))
        .group_by(routing_decision::Column::OwnerId)
        .into_model::<Load>()
        .all(&tx.conn)
        .await?;
    Ok(loads
        .into_iter()
        .map(|load| (HostId::from_uuid(load.owner_id), u32::try_from(load.leads).unwrap_or(u32::MAX)))
        .collect())
}

/// Notes that a host was given a lead now.
pub async fn note_assignment(tx: &Tx, host_id: HostId, now: DateTime<Utc>) -> Result<(), StoreError> {
    host::Entity::update_many()
        .col_expr(host::Column::LastAssignedAt, Expr::value(now))
        .filter(host::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(host::Column::Id.eq(host_id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Writes a new task.
pub async fn insert_task(tx: &Tx, value: &Task) -> Result<(), StoreError> {
    insert::<task::Entity>(
        tx,
        task::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            contact_id: value.contact.uuid(),
            owner_id: value.owner.map(EntityId::uuid),
            subject: value.subject.clone(),
            due_at: value.due_at,
            created_at: value.created_at,
        },
    )
    .await
}

/// One task.
pub async fn find_task(scope: &impl Scope, id: TaskId) -> Result<Option<Task>, StoreError> {
    Ok(find::<task::Entity>(scope, id.uuid()).await?.map(Into::into))
}

/// The tasks about a contact, newest first, `limit` at most.
pub async fn tasks_of(scope: &impl Scope, contact: ContactId, limit: u64) -> Result<Vec<Task>, StoreError> {
    let found = rows::<task::Entity>(scope)
        .filter(task::Column::ContactId.eq(contact.uuid()))
        .order_by_desc(task::Column::Id)
        .limit(limit)
        .all(scope.conn())
        .await?;
    Ok(found.into_iter().map(Into::into).collect())
}

impl TryFrom<routing_decision::Model> for RoutingRecord {
    type Error = StoreError;

    fn try_from(row: routing_decision::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: RoutingDecisionId::from_uuid(row.id),
            contact: ContactId::from_uuid(row.contact_id),
            decision: from_json(row.decision)?,
            decided_at: row.decided_at,
        })
    }
}

impl From<task::Model> for Task {
    fn from(row: task::Model) -> Self {
        Self {
            id: TaskId::from_uuid(row.id),
            contact: ContactId::from_uuid(row.contact_id),
            owner: row.owner_id.map(HostId::from_uuid),
            subject: row.subject,
            due_at: row.due_at,
            created_at: row.created_at,
        }
    }
}

//! Endpoints with their sealed secrets.

use chrono::{DateTime, Utc};
use domain::ids::{EndpointId, EntityId, WorkspaceId};
use domain::webhooks::endpoint::{Endpoint, EndpointFilter, EndpointSecrets, EndpointStatus};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{PaginatorTrait, QueryOrder, QuerySelect};

use crate::convert::{from_json, from_text, to_json, to_text};
use crate::table::{find, find_all, insert, padded, replace, rows, tenant_table, workspace_of};
use crate::{Database, Scope, Sealer, StoreError, SystemTx, Tx};

tenant_table!(endpoint = "webhook_endpoints" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    url: String,
    description: Option<String>,
    filter: Json,
    header_names: Json,
    timeout_seconds: i32,
    rate_per_second: Option<i32>,
    status: String,
    disabled_reason: Option<String>,
    verified_at: Option<DateTimeUtc>,
    failures: i32,
    failing_since: Option<DateTimeUtc>,
    sealed_secrets: Vec<u8>,
    created_at: DateTimeUtc,
    updated_at: DateTimeUtc,
    version: i64,
    delivery_hours: Option<Json>,
    secret_warning_at: Option<DateTimeUtc>,
});

/// An endpoint as the relay needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriber {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which.
    pub endpoint: EndpointId,
    /// What it is told of.
    pub filter: EndpointFilter,
}

/// Where an endpoint is, and whether it is told: as much of it as those need who have attempts to settle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its URL.
    pub url: String,
    /// Whether it is told.
    pub status: EndpointStatus,
}

fn place(id: EndpointId) -> String {
    format!("webhook_endpoints/{id}")
}

/// One endpoint.
pub async fn find_endpoint(scope: &impl Scope, id: EndpointId) -> Result<Option<Endpoint>, StoreError> {
    find::<endpoint::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// Where one endpoint is, and whether it is told.
pub async fn find_standing(scope: &impl Scope, id: EndpointId) -> Result<Option<Standing>, StoreError> {
    let columns = [endpoint::Column::Url, endpoint::Column::Status];
    let query = rows::<endpoint::Entity>(scope).filter(endpoint::Column::Id.eq(id.uuid())).select_only();
    let found = query.columns(columns).into_tuple::<(String, String)>().one(scope.conn()).await?;
    found.map(|(url, status)| Ok(Standing { url, status: from_text(&status)? })).transpose()
}

/// One endpoint with its secrets.
pub async fn open_endpoint(
    scope: &impl Scope,
    sealer: &Sealer,
    id: EndpointId,
) -> Result<Option<(Endpoint, EndpointSecrets)>, StoreError> {
    find::<endpoint::Entity>(scope, id.uuid()).await?.map(|row| unseal(row, sealer)).transpose()
}

/// Endpoints with their secrets, in no particular order. One that cannot be opened fails all.
pub async fn open_endpoints(
    scope: &impl Scope,
    sealer: &Sealer,
    ids: &[EndpointId],
) -> Result<Vec<(Endpoint, EndpointSecrets)>, StoreError> {
    let found = find_all::<endpoint::Entity>(scope, padded(ids.iter().map(|id| id.uuid()).collect())).await?;
    found.into_iter().map(|row| unseal(row, sealer)).collect()
}

/// Locks the names of endpoints until the transaction ends: for what people decide about them, and for settlements that
/// depend on it. A name comes before the lanes, where a row has to come after them.
pub async fn reserve_endpoints(tx: &Tx, ids: impl IntoIterator<Item = EndpointId>) -> Result<(), StoreError> {
    let names: Vec<String> = ids.into_iter().map(place).collect();
    tx.lock_names(&names).await
}

/// One endpoint with its secrets, locked for the rest of the transaction.
pub async fn lock_endpoint(
    tx: &Tx,
    sealer: &Sealer,
    id: EndpointId,
) -> Result<Option<(Endpoint, EndpointSecrets)>, StoreError> {
    let found =
        rows::<endpoint::Entity>(tx).filter(endpoint::Column::Id.eq(id.uuid())).lock_exclusive().one(&tx.conn).await?;
    found.map(|row| unseal(row, sealer)).transpose()
}

/// A page of the workspace's endpoints, oldest first.
pub async fn list_endpoints(
    scope: &impl Scope,
    after: Option<EndpointId>,
    limit: u64,
) -> Result<Vec<Endpoint>, StoreError> {
    let mut query = rows::<endpoint::Entity>(scope).order_by_asc(endpoint::Column::Id).limit(limit);
    if let Some(after) = after {
        query = query.filter(endpoint::Column::Id.gt(after.uuid()));
    }
    query.all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// How many endpoints the workspace has.
pub async fn count_endpoints(tx: &Tx) -> Result<u64, StoreError> {
    Ok(rows::<endpoint::Entity>(tx).count(&tx.conn).await?)
}

/// The active endpoints of these workspaces: whom the relay tells.
pub async fn subscribers(tx: &SystemTx, workspaces: &[WorkspaceId]) -> Result<Vec<Subscriber>, StoreError> {
    let found = endpoint::Entity::find()
        .filter(endpoint::Column::WorkspaceId.is_in(workspaces.iter().map(|id| id.uuid())))
        .filter(endpoint::Column::Status.eq(to_text(&EndpointStatus::Active)?))
        .order_by_asc(endpoint::Column::Id)
        .all(&tx.conn)
        .await?;
    let mut subscribers = Vec::with_capacity(found.len());
    for row in found {
        let (workspace, endpoint) = (WorkspaceId::from_uuid(row.workspace_id), EndpointId::from_uuid(row.id));
        match from_json(row.filter) {
            Ok(filter) => subscribers.push(Subscriber { workspace, endpoint, filter }),
            // One that cannot be read is told nothing; it must not stop the relay for everybody.
            Err(error) => tracing::error!(endpoint.id = %endpoint, %error, "an endpoint's filter cannot be read"),
        }
    }
    Ok(subscribers)
}

/// Endpoints of all workspaces of which it is to be said by now that older secrets stop signing soon.
pub async fn secret_warnings(
    database: &Database,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<(WorkspaceId, EndpointId)>, StoreError> {
    let due: Vec<(Uuid, Uuid)> = endpoint::Entity::find()
        .select_only()
        .column(endpoint::Column::WorkspaceId)
        .column(endpoint::Column::Id)
        .filter(endpoint::Column::SecretWarningAt.lte(now))
        .order_by_asc(endpoint::Column::SecretWarningAt)
        .limit(limit)
        .into_tuple()
        .all(database.unscoped())
        .await?;
    Ok(due.into_iter().map(|(workspace, id)| (WorkspaceId::from_uuid(workspace), EndpointId::from_uuid(id))).collect())
}

/// Adds an endpoint.
pub async fn insert_endpoint(
    tx: &Tx,
    sealer: &Sealer,
    value: &Endpoint,
    secrets: &EndpointSecrets,
) -> Result<(), StoreError> {
    insert::<endpoint::Entity>(tx, row(tx, sealer, value, secrets)?).await
}

/// Writes a known endpoint anew, with its secrets.
pub async fn replace_endpoint(
    tx: &Tx,
    sealer: &Sealer,
    value: &Endpoint,
    secrets: &EndpointSecrets,
) -> Result<(), StoreError> {
    replace::<endpoint::Entity>(tx, row(tx, sealer, value, secrets)?).await
}

/// What a success says about an endpoint, by its row as it is now: one that never failed, or is elsewhere by now, is
/// left alone, and nobody who waits for its row is waited for.
pub async fn forget_endpoint_failures(tx: &Tx, id: EndpointId, url: &str) -> Result<(), StoreError> {
    endpoint::Entity::update_many()
        .col_expr(endpoint::Column::Failures, Expr::value(0))
        .col_expr(endpoint::Column::FailingSince, Expr::value(None::<DateTime<Utc>>))
        .filter(endpoint::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(endpoint::Column::Id.eq(id.uuid()))
        .filter(endpoint::Column::Url.eq(url))
        .filter(endpoint::Column::Failures.ne(0))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Removes an endpoint.
pub async fn delete_endpoint(tx: &Tx, id: EndpointId) -> Result<(), StoreError> {
    endpoint::Entity::delete_many()
        .filter(endpoint::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(endpoint::Column::Id.eq(id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

fn row(tx: &Tx, sealer: &Sealer, value: &Endpoint, secrets: &EndpointSecrets) -> Result<endpoint::Model, StoreError> {
    let plain = serde_json::to_vec(secrets).map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(endpoint::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        url: value.url.clone(),
        description: value.description.clone(),
        filter: to_json(&value.filter)?,
        header_names: to_json(&value.header_names)?,
        timeout_seconds: value.timeout_seconds,
        rate_per_second: value.rate_per_second,
        status: to_text(&value.status)?,
        disabled_reason: value.disabled_reason.as_ref().map(to_text).transpose()?,
        verified_at: value.verified_at,
        failures: value.failures,
        failing_since: value.failing_since,
        sealed_secrets: sealer.seal(&place(value.id), &plain)?,
        created_at: value.created_at,
        updated_at: value.updated_at,
        version: value.version,
        delivery_hours: value.hours.as_ref().map(to_json).transpose()?,
        secret_warning_at: secrets.warns_at(),
    })
}

fn unseal(row: endpoint::Model, sealer: &Sealer) -> Result<(Endpoint, EndpointSecrets), StoreError> {
    let opened = sealer.open(&place(EndpointId::from_uuid(row.id)), &row.sealed_secrets)?;
    let secrets = serde_json::from_slice(&opened).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok((row.try_into()?, secrets))
}

impl TryFrom<endpoint::Model> for Endpoint {
    type Error = StoreError;

    fn try_from(row: endpoint::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: EndpointId::from_uuid(row.id),
            url: row.url,
            description: row.description,
            filter: from_json(row.filter)?,
            header_names: from_json(row.header_names)?,
            timeout_seconds: row.timeout_seconds,
            rate_per_second: row.rate_per_second,
            status: from_text(&row.status)?,
            disabled_reason: row.disabled_reason.as_deref().map(from_text).transpose()?,
            verified_at: row.verified_at,
            failures: row.failures,
            failing_since: row.failing_since,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
            hours: row.delivery_hours.map(from_json).transpose()?,
        })
    }
}

//! Connections with their sealed secrets, and the links between our entities and a provider's records.

use chrono::{DateTime, Utc};
use domain::ids::{ConnectionId, ContactId, EntityId, WorkspaceId};
use domain::integrations::{Connection, ConnectionSecrets, ConnectionStatus, EntityLink, Provider};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveModelTrait, IntoActiveModel, QueryOrder, QuerySelect};

use crate::convert::{from_text, to_text};
use crate::scope::sealed::Conn;
use crate::table::{LOCK, find, insert, rows, tenant_table, workspace_of};
use crate::{Database, Scope, Sealer, StoreError, Tx};

tenant_table!(connection = "connections" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    provider: String,
    name: String,
    base_url: Option<String>,
    status: String,
    sealed_secrets: Vec<u8>,
    created_at: DateTimeUtc,
});

mod entity_link {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "entity_links")]
    pub struct Model {
        pub workspace_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub connection_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub entity: String,
        pub external_id: String,
        pub version: i64,
        pub contact_id: Uuid,
        pub updated_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

fn place(id: ConnectionId) -> String {
    format!("connections/{id}")
}

/// One connection.
pub async fn find_connection(scope: &impl Scope, id: ConnectionId) -> Result<Option<Connection>, StoreError> {
    find::<connection::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// Every connection of the workspace, oldest first.
pub async fn all_connections(scope: &impl Scope) -> Result<Vec<Connection>, StoreError> {
    let found = rows::<connection::Entity>(scope).order_by_asc(connection::Column::Id).all(scope.conn()).await?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// The workspaces' connections to a provider, all workspaces at once: what the relay routes by.
pub async fn connections_to(
    tx: &crate::SystemTx,
    workspaces: &[WorkspaceId],
    provider: Provider,
) -> Result<Vec<(WorkspaceId, ConnectionId)>, StoreError> {
    let found = connection::Entity::find()
        .filter(connection::Column::WorkspaceId.is_in(workspaces.iter().map(|id| id.uuid())))
        .filter(connection::Column::Provider.eq(to_text(&provider)?))
        .all(&tx.conn)
        .await?;
    Ok(found
        .into_iter()
        .map(|row| (WorkspaceId::from_uuid(row.workspace_id), ConnectionId::from_uuid(row.id)))
        .collect())
}

/// A connection with its secrets.
pub async fn open_connection(
    scope: &impl Scope,
    sealer: &Sealer,
    id: ConnectionId,
) -> Result<Option<(Connection, ConnectionSecrets)>, StoreError> {
    let row = find::<connection::Entity>(scope, id.uuid()).await?;
    row.map(|row| unseal(row, sealer)).transpose()
}

/// A connection by its public id, with its workspace and its secrets: how a webhook finds out whose it is.
pub async fn open_connection_anywhere(
    database: &Database,
    sealer: &Sealer,
    id: ConnectionId,
) -> Result<Option<(WorkspaceId, Connection, ConnectionSecrets)>, StoreError> {
    let Some(row) = connection::Entity::find_by_id(id.uuid()).one(database.unscoped()).await? else { return Ok(None) };
    let workspace = WorkspaceId::from_uuid(row.workspace_id);
    let (connection, secrets) = unseal(row, sealer)?;
    Ok(Some((workspace, connection, secrets)))
}

/// As [`open_connection`], locked for the rest of the transaction.
pub async fn lock_connection(
    tx: &Tx,
    sealer: &Sealer,
    id: ConnectionId,
) -> Result<Option<(Connection, ConnectionSecrets)>, StoreError> {
    let rows = rows::<connection::Entity>(tx).filter(connection::Column::Id.eq(id.uuid()));
    rows.lock(LOCK).one(&tx.conn).await?.map(|row| unseal(row, sealer)).transpose()
}

fn unseal(row: connection::Model, sealer: &Sealer) -> Result<(Connection, ConnectionSecrets), StoreError> {
    let opened = sealer.open(&place(ConnectionId::from_uuid(row.id)), &row.sealed_secrets)?;
    let secrets = serde_json::from_slice(&opened).map_err(|error| StoreError::Damaged(error.to_string()))?;
    Ok((row.try_into()?, secrets))
}

/// Adds a connection.
pub async fn insert_connection(
    tx: &Tx,
    sealer: &Sealer,
    value: &Connection,
    secrets: &ConnectionSecrets,
) -> Result<(), StoreError> {
    insert::<connection::Entity>(
        tx,
        connection::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            provider: to_text(&value.provider)?,
            name: value.name.clone(),
            base_url: value.base_url.clone(),
            status: to_text(&value.status)?,
            sealed_secrets: seal(sealer, value.id, secrets)?,
            created_at: value.created_at,
        },
    )
    .await
}

/// Writes a connection's secrets anew.
pub async fn set_secrets(
    tx: &Tx,
    sealer: &Sealer,
    id: ConnectionId,
    secrets: &ConnectionSecrets,
) -> Result<(), StoreError> {
    set(tx, id, connection::Column::SealedSecrets, Expr::value(seal(sealer, id, secrets)?)).await
}

fn seal(sealer: &Sealer, id: ConnectionId, secrets: &ConnectionSecrets) -> Result<Vec<u8>, StoreError> {
    let plain = serde_json::to_vec(secrets).map_err(|error| StoreError::Failed(error.to_string()))?;
    sealer.seal(&place(id), &plain)
}

/// Notes where a provider is to be reached: a sandbox's provider gets a new port with each start.
pub async fn set_base_url(tx: &Tx, id: ConnectionId, base_url: &str) -> Result<(), StoreError> {
    set(tx, id, connection::Column::BaseUrl, Expr::value(base_url)).await
}

/// Notes whether a connection works.
pub async fn set_status(tx: &Tx, id: ConnectionId, status: ConnectionStatus) -> Result<(), StoreError> {
    set(tx, id, connection::Column::Status, Expr::value(to_text(&status)?)).await
}

async fn set(tx: &Tx, id: ConnectionId, column: connection::Column, value: Expr) -> Result<(), StoreError> {
    connection::Entity::update_many()
        .col_expr(column, value)
        .filter(connection::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(connection::Column::Id.eq(id.uuid()))
        .exec(tx.conn())
        .await?;
    Ok(())
}

/// The link of one entity through one connection.
pub async fn find_link(scope: &impl Scope, id: ConnectionId, entity: &str) -> Result<Option<EntityLink>, StoreError> {
    let row = entity_link::Entity::find()
        .filter(entity_link::Column::WorkspaceId.eq(scope.workspace().uuid()))
        .filter(entity_link::Column::ConnectionId.eq(id.uuid()))
        .filter(entity_link::Column::Entity.eq(entity))
        .one(scope.conn())
        .await?;
    Ok(row.map(Into::into))
}

/// All links of these entities.
pub async fn links_of(scope: &impl Scope, entities: &[String]) -> Result<Vec<EntityLink>, StoreError> {
    let found = entity_link::Entity::find()
        .filter(entity_link::Column::WorkspaceId.eq(scope.workspace().uuid()))
        .filter(entity_link::Column::Entity.is_in(entities.iter().cloned()))
        .order_by_asc(entity_link::Column::ConnectionId)
        .all(scope.conn())
        .await?;
    Ok(found.into_iter().map(Into::into).collect())
}

/// Writes a link, or brings a known one to a newer version.
pub async fn put_link(tx: &Tx, link: &EntityLink, now: DateTime<Utc>) -> Result<(), StoreError> {
    use entity_link::Column::{ConnectionId, Entity, ExternalId, UpdatedAt, Version};

    let row = entity_link::Model {
        workspace_id: workspace_of(tx),
        connection_id: link.connection.uuid(),
        entity: link.entity.clone(),
        external_id: link.external_id.clone(),
        version: link.version,
        contact_id: link.contact.uuid(),
        updated_at: now,
    };
    entity_link::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(
            OnConflict::columns([ConnectionId, Entity])
                .update_columns([ExternalId, Version, UpdatedAt])
                // A receipt that comes late does not take a version back.
                .action_and_where(Expr::col((entity_link::Entity, Version)).lte(link.version))
                .to_owned(),
        )
        .exec_without_returning(tx.conn())
        .await?;
    Ok(())
}

impl From<entity_link::Model> for EntityLink {
    fn from(row: entity_link::Model) -> Self {
        Self {
            connection: ConnectionId::from_uuid(row.connection_id),
            entity: row.entity,
            external_id: row.external_id,
            version: row.version,
            contact: ContactId::from_uuid(row.contact_id),
        }
    }
}

impl TryFrom<connection::Model> for Connection {
    type Error = StoreError;

    fn try_from(row: connection::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ConnectionId::from_uuid(row.id),
            provider: from_text(&row.provider)?,
            name: row.name,
            base_url: row.base_url,
            status: from_text(&row.status)?,
            created_at: row.created_at,
        })
    }
}

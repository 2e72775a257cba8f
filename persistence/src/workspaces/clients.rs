//! OAuth clients, each with the digest of its secret.

use chrono::{DateTime, Utc};
use domain::access::Grants;
use domain::ids::{ClientId, EntityId, HostId, WorkspaceId};
use domain::workspaces::Client;
use sea_orm::entity::prelude::*;

use crate::table::{insert, tenant_table, workspace_of};
use crate::{Database, StoreError, Tx};

tenant_table!(client = "clients" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    name: String,
    secret_digest: Vec<u8>,
    scopes: String,
    host_id: Option<Uuid>,
    created_at: DateTimeUtc,
});

/// The client with this id and the digest of its secret. It is read before a workspace is known: it is what makes
/// one known.
pub async fn find_client(database: &Database, id: ClientId) -> Result<Option<(Client, Vec<u8>)>, StoreError> {
    let Some(row) = client::Entity::find_by_id(id.uuid()).one(database.unscoped()).await? else { return Ok(None) };
    let scopes = Grants::try_from(row.scopes).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let client = Client {
        id: ClientId::from_uuid(row.id),
        workspace: WorkspaceId::from_uuid(row.workspace_id),
        name: row.name,
        scopes,
        host: row.host_id.map(HostId::from_uuid),
    };
    Ok(Some((client, row.secret_digest)))
}

/// Registers a client of the transaction's workspace.
pub async fn insert_client(
    tx: &Tx,
    client: &Client,
    secret_digest: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    insert::<client::Entity>(
        tx,
        client::Model {
            id: client.id.uuid(),
            workspace_id: workspace_of(tx),
            name: client.name.clone(),
            secret_digest,
            scopes: client.scopes.clone().into(),
            host_id: client.host.map(EntityId::uuid),
            created_at: now,
        },
    )
    .await
}

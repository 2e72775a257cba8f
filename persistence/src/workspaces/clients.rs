//! OAuth clients, each with what it proves itself by; and the assertions that were used, each good for once.

use chrono::{DateTime, Utc};
use domain::access::Grants;
use domain::ids::{ClientId, EntityId, HostId, WorkspaceId};
use domain::workspaces::{Client, ClientCredential, DocumentPolicy};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveModelTrait, IntoActiveModel, TryInsertResult};

use crate::convert::{from_json, to_json};
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
    authentication: String,
    jwks: Option<Json>,
    redirect_uris: Option<Json>,
    documents: String,
});

pub(super) mod assertion {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "client_assertions")]
    pub struct Model {
        pub workspace_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub jti_digest: Vec<u8>,
        pub expires_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const SECRET: &str = "secret";
const KEYS: &str = "private_key_jwt";
const PUBLIC: &str = "none";

/// The client with this id and what it proves itself by. It is read before a workspace is known: it is what makes one
/// known.
pub async fn find_client(database: &Database, id: ClientId) -> Result<Option<(Client, ClientCredential)>, StoreError> {
    let Some(row) = client::Entity::find_by_id(id.uuid()).one(database.unscoped()).await? else { return Ok(None) };
    let scopes = Grants::try_from(row.scopes).map_err(|error| StoreError::Damaged(error.to_string()))?;
    let credential = match (row.authentication.as_str(), row.jwks) {
        (SECRET, _) => ClientCredential::Secret(row.secret_digest),
        (KEYS, Some(keys)) => ClientCredential::Keys(keys),
        (PUBLIC, _) => ClientCredential::Public,
        (other, _) => return Err(StoreError::Damaged(format!("a client authenticates by `{other}`"))),
    };
    let client = Client {
        id: ClientId::from_uuid(row.id),
        workspace: WorkspaceId::from_uuid(row.workspace_id),
        name: row.name,
        scopes,
        host: row.host_id.map(HostId::from_uuid),
        redirect_uris: row.redirect_uris.map(from_json).transpose()?.unwrap_or_default(),
    };
    Ok(Some((client, credential)))
}

/// Registers a client of the transaction's workspace.
pub async fn insert_client(
    tx: &Tx,
    client: &Client,
    credential: ClientCredential,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (authentication, secret_digest, jwks) = match credential {
        ClientCredential::Secret(digest) => (SECRET, digest, None),
        ClientCredential::Keys(keys) => (KEYS, Vec::new(), Some(keys)),
        ClientCredential::Public => (PUBLIC, Vec::new(), None),
    };
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
            authentication: authentication.to_owned(),
            jwks,
            redirect_uris: Some(to_json(&client.redirect_uris)?),
            documents: DocumentPolicy::default().as_str().to_owned(),
        },
    )
    .await
}

/// Takes note of an assertion by the digest of its id. `false`: it was used before.
pub async fn insert_assertion(
    tx: &Tx,
    client: ClientId,
    jti_digest: Vec<u8>,
    expires_at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let row = assertion::Model { workspace_id: workspace_of(tx), client_id: client.uuid(), jti_digest, expires_at };
    let inserted = assertion::Entity::insert(row.into_active_model().reset_all())
        .on_conflict_do_nothing()
        .exec_without_returning(&tx.conn)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1)))
}

//! What a client may send, and from where.

use chrono::{DateTime, Utc};
use domain::ids::{ClientId, EntityId};
use domain::workspaces::{DocumentHash, DocumentPolicy, WebOrigin};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, IntoActiveModel, QueryOrder, QuerySelect};

use super::clients::client;
use crate::table::{LOCK, rows, workspace_of};
use crate::{Database, Scope, StoreError, Tx};

mod document {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "client_documents")]
    pub struct Model {
        pub workspace_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub hash: Vec<u8>,
        pub body: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

mod origin {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "client_origins")]
    pub struct Model {
        pub workspace_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub client_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub origin: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The name of a client of the workspace and which documents it may send.
pub async fn find_client_policy(
    scope: &impl Scope,
    id: ClientId,
) -> Result<Option<(String, DocumentPolicy)>, StoreError> {
    let row = rows::<client::Entity>(scope).filter(client::Column::Id.eq(id.uuid())).one(scope.conn()).await?;
    let Some(row) = row else { return Ok(None) };
    let policy = DocumentPolicy::parse(&row.documents);
    let damaged = || StoreError::Damaged(format!("a client may send `{}`", row.documents));
    Ok(Some((row.name, policy.ok_or_else(damaged)?)))
}

/// Decides which documents a client may send.
pub async fn set_document_policy(tx: &Tx, id: ClientId, policy: DocumentPolicy) -> Result<(), StoreError> {
    client::Entity::update_many()
        .col_expr(client::Column::Documents, Expr::value(policy.as_str().to_owned()))
        .filter(client::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(client::Column::Id.eq(id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Makes other changes of the client's documents and origins wait until this transaction has ended. `false`: there is no
/// such client in the workspace.
pub async fn lock_client(tx: &Tx, id: ClientId) -> Result<bool, StoreError> {
    let found = rows::<client::Entity>(tx).filter(client::Column::Id.eq(id.uuid())).lock(LOCK);
    Ok(found.one(&tx.conn).await?.is_some())
}

/// The text of a document that is registered for the client.
pub async fn find_document(
    scope: &impl Scope,
    client: ClientId,
    hash: DocumentHash,
) -> Result<Option<String>, StoreError> {
    let row = documents_of(scope, client).filter(document::Column::Hash.eq(hash.as_ref().to_vec()));
    Ok(row.one(scope.conn()).await?.map(|row| row.body))
}

/// How many documents are registered for the client.
pub async fn count_documents(scope: &impl Scope, client: ClientId) -> Result<u64, StoreError> {
    Ok(documents_of(scope, client).count(scope.conn()).await?)
}

/// The names of the documents that are registered for the client, oldest first.
pub async fn document_hashes(
    scope: &impl Scope,
    client: ClientId,
    limit: u64,
) -> Result<Vec<DocumentHash>, StoreError> {
    let hashes: Vec<Vec<u8>> = documents_of(scope, client)
        .select_only()
        .column(document::Column::Hash)
        .order_by_asc(document::Column::CreatedAt)
        .order_by_asc(document::Column::Hash)
        .limit(limit)
        .into_tuple()
        .all(scope.conn())
        .await?;
    let hash = |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).map(DocumentHash::from);
    let damaged = |_| StoreError::Damaged("the hash of a document has another length".to_owned());
    hashes.into_iter().map(|bytes| hash(bytes).map_err(damaged)).collect()
}

/// Registers documents; one that is known stays as it is.
pub async fn insert_documents(
    tx: &Tx,
    client: ClientId,
    texts: &[String],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for text in texts {
        let row = document::Model {
            workspace_id: workspace_of(tx),
            client_id: client.uuid(),
            hash: DocumentHash::of(text).as_ref().to_vec(),
            body: text.clone(),
            created_at: now,
        };
        let insert = document::Entity::insert(row.into_active_model().reset_all()).on_conflict_do_nothing();
        insert.exec_without_returning(&tx.conn).await?;
    }
    Ok(())
}

/// Takes documents back; how many there were.
pub async fn delete_documents(tx: &Tx, client: ClientId, hashes: &[DocumentHash]) -> Result<u64, StoreError> {
    let hashes = hashes.iter().map(|hash| hash.as_ref().to_vec());
    let deleted = document::Entity::delete_many()
        .filter(document::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(document::Column::ClientId.eq(client.uuid()))
        .filter(document::Column::Hash.is_in(hashes))
        .exec(&tx.conn)
        .await?;
    Ok(deleted.rows_affected)
}

fn documents_of(scope: &impl Scope, client: ClientId) -> sea_orm::Select<document::Entity> {
    document::Entity::find()
        .filter(document::Column::WorkspaceId.eq(scope.workspace().uuid()))
        .filter(document::Column::ClientId.eq(client.uuid()))
}

/// The origins that the client's tokens may be used from, sorted.
pub async fn origins_of(scope: &impl Scope, client: ClientId) -> Result<Vec<WebOrigin>, StoreError> {
    let found = origin::Entity::find()
        .filter(origin::Column::WorkspaceId.eq(scope.workspace().uuid()))
        .filter(origin::Column::ClientId.eq(client.uuid()))
        .order_by_asc(origin::Column::Origin);
    let damaged = |_| StoreError::Damaged("the origin of a client is none".to_owned());
    let rows = found.all(scope.conn()).await?;
    rows.into_iter().map(|row| WebOrigin::parse(&row.origin).map_err(damaged)).collect()
}

/// Sets the origins that the client's tokens may be used from.
pub async fn replace_origins(tx: &Tx, client: ClientId, origins: &[WebOrigin]) -> Result<(), StoreError> {
    origin::Entity::delete_many()
        .filter(origin::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(origin::Column::ClientId.eq(client.uuid()))
        .exec(&tx.conn)
        .await?;
    for allowed in origins {
        let row = origin::Model {
            workspace_id: workspace_of(tx),
            client_id: client.uuid(),
            origin: allowed.as_str().to_owned(),
        };
        let insert = origin::Entity::insert(row.into_active_model().reset_all()).on_conflict_do_nothing();
        insert.exec_without_returning(&tx.conn).await?;
    }
    Ok(())
}

/// Whether any client of any workspace may be used from this origin. A browser asks before it says who calls.
pub async fn is_origin_known(database: &Database, said: &str) -> Result<bool, StoreError> {
    let found = origin::Entity::find().filter(origin::Column::Origin.eq(said)).one(database.unscoped()).await?;
    Ok(found.is_some())
}

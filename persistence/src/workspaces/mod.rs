//! Workspaces, their OAuth clients and the instance's signing keys.

mod client_access;
mod clients;
mod grants;
mod issuers;
mod members;
mod page_tokens;
mod revocations;
mod signing_keys;

use domain::ids::{EntityId, WorkspaceId};
use domain::operation::Edge;
use domain::workspaces::Workspace;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveModelTrait, IntoActiveModel, QueryOrder};

pub use client_access::{
    count_documents, delete_documents, document_hashes, find_client_policy, find_document, insert_documents,
    is_origin_known, lock_client, origins_of, replace_origins, set_document_policy,
};
pub use clients::{find_client, insert_assertion, insert_client};
pub use grants::{
    find_grant, find_refresh_token, grants_of, insert_grant, insert_refresh_token, is_followed, lock_grant,
    lock_grant_of_code, set_redeemed, set_revoked, set_used,
};
pub use issuers::{delete_issuer, insert_issuer, trusted_issuers};
pub use members::{
    Session, end_session, end_sessions, find_member, find_member_by_email, find_session, insert_member, insert_session,
    lock_member, set_lockout, set_password,
};
pub use page_tokens::{
    count_page_tokens, find_page_token, insert_page_token, is_page_origin, list_page_tokens, lock_page_token,
    replace_page_token,
};
pub use revocations::{all_revoked, forget_spent, insert_revocation, is_revoked};
pub use signing_keys::{
    SigningKey, insert_signing_key, lock_signing_keys, retire_signing_keys, signing_keys, store_first_signing_key,
};

use crate::convert::{from_text, to_text};
use crate::scope::sealed::Conn;
use crate::{Database, Scope, StoreError, Tx};

mod workspace {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "workspaces")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub name: String,
        pub phone_region: String,
        pub zone: String,
        pub created_at: DateTimeUtc,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The scope's own workspace.
pub async fn current(scope: &impl Scope) -> Result<Workspace, StoreError> {
    let row = workspace::Entity::find_by_id(scope.workspace().uuid()).one(scope.conn()).await?;
    row.ok_or_else(|| StoreError::Damaged("the workspace of a scope does not exist".to_owned()))?.try_into()
}

/// Every workspace of the store, oldest first: for start-up.
pub async fn all(database: &Database) -> Result<Vec<WorkspaceId>, StoreError> {
    let rows = workspace::Entity::find().order_by_asc(workspace::Column::Id).all(database.unscoped()).await?;
    Ok(rows.into_iter().map(|row| WorkspaceId::from_uuid(row.id)).collect())
}

/// Creates the transaction's workspace.
pub async fn insert(tx: &Tx, workspace: &Workspace, edge: &Edge) -> Result<(), StoreError> {
    let row = workspace::Model {
        id: workspace.id.uuid(),
        name: workspace.name.clone(),
        phone_region: to_text(&workspace.phone_region)?,
        zone: to_text(&workspace.zone)?,
        created_at: edge.now(),
    };
    workspace::Entity::insert(row.into_active_model().reset_all()).exec_without_returning(tx.conn()).await?;
    Ok(())
}

impl TryFrom<workspace::Model> for Workspace {
    type Error = StoreError;

    fn try_from(row: workspace::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: WorkspaceId::from_uuid(row.id),
            name: row.name,
            phone_region: from_text(&row.phone_region)?,
            zone: from_text(&row.zone)?,
        })
    }
}

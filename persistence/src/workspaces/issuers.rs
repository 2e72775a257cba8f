//! Issuers of others whose tokens workspaces take.

use chrono::{DateTime, Utc};
use domain::access::Grants;
use domain::ids::{EntityId, IssuerId, WorkspaceId};
use domain::workspaces::TrustedIssuer;
use sea_orm::entity::prelude::*;

use crate::table::{insert, tenant_table, workspace_of};
use crate::{Database, StoreError, Tx};

tenant_table!(issuer = "trusted_issuers" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    url: String,
    audience: String,
    scope_claim: String,
    scopes: String,
    created_at: DateTimeUtc,
});

/// Every issuer that some workspace trusts. They are read before a workspace is known: they are what makes one known.
pub async fn trusted_issuers(database: &Database) -> Result<Vec<TrustedIssuer>, StoreError> {
    let found = issuer::Entity::find().all(database.unscoped()).await?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// Trusts an issuer. `false`: somebody takes its tokens with this audience already.
pub async fn insert_issuer(tx: &Tx, value: &TrustedIssuer, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let row = issuer::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        url: value.url.clone(),
        audience: value.audience.clone(),
        scope_claim: value.scope_claim.clone(),
        scopes: value.scopes.clone().into(),
        created_at: now,
    };
    match insert::<issuer::Entity>(tx, row).await {
        Ok(()) => Ok(true),
        Err(StoreError::Constraint(name)) if name.contains("trusted_issuers") => Ok(false),
        Err(error) => Err(error),
    }
}

/// Trusts an issuer no longer. `false`: nobody did, in this workspace.
pub async fn delete_issuer(tx: &Tx, url: &str, audience: &str) -> Result<bool, StoreError> {
    let deleted = issuer::Entity::delete_many()
        .filter(issuer::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(issuer::Column::Url.eq(url))
        .filter(issuer::Column::Audience.eq(audience))
        .exec(&tx.conn)
        .await?;
    Ok(deleted.rows_affected > 0)
}

impl TryFrom<issuer::Model> for TrustedIssuer {
    type Error = StoreError;

    fn try_from(row: issuer::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: IssuerId::from_uuid(row.id),
            workspace: WorkspaceId::from_uuid(row.workspace_id),
            url: row.url,
            audience: row.audience,
            scope_claim: row.scope_claim,
            scopes: Grants::try_from(row.scopes).map_err(|error| StoreError::Damaged(error.to_string()))?,
        })
    }
}

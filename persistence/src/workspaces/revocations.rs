//! Tokens and grants that are revoked before their time. A row is needed for as long as an access token may be in
//! somebody's hands that it is about; what every server remembers of this table is read again every other second.

use chrono::{DateTime, Utc};
use domain::ids::EntityId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, IntoActiveModel, QuerySelect};

use super::clients::assertion;
use super::grants::grant;
use super::members::session;
use super::signing_keys::signing_key;
use crate::scope::Scope;
use crate::table::{find_all, tenant_table, workspace_of};
use crate::{Database, StoreError, Tx};

tenant_table!(revocation = "revocations" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    revoked_at: DateTimeUtc,
    expires_at: DateTimeUtc,
});

/// Revokes a token or a grant; again, if it was before. From `expires_at` on nothing is left to be refused.
pub async fn insert_revocation(
    tx: &Tx,
    id: impl EntityId,
    (now, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), StoreError> {
    let row = revocation::Model { id: id.uuid(), workspace_id: workspace_of(tx), revoked_at: now, expires_at };
    revocation::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(OnConflict::column(revocation::Column::Id).update_column(revocation::Column::ExpiresAt).to_owned())
        .exec_without_returning(&tx.conn)
        .await?;
    Ok(())
}

/// Whether one of these is revoked, as the store knows it now.
pub async fn is_revoked(scope: &impl Scope, ids: &[Uuid]) -> Result<bool, StoreError> {
    Ok(!find_all::<revocation::Entity>(scope, ids.iter().copied()).await?.is_empty())
}

/// Everything that is revoked and may still be in somebody's hands, in all workspaces: tokens are checked before a
/// workspace is known.
pub async fn all_revoked(database: &Database, now: DateTime<Utc>) -> Result<Vec<Uuid>, StoreError> {
    let query = revocation::Entity::find().select_only().column(revocation::Column::Id);
    let live = query.filter(revocation::Column::ExpiresAt.gt(now));
    Ok(live.into_tuple().all(database.unscoped()).await?)
}

/// Forgets what has expired by itself, in all workspaces; how many rows.
pub async fn forget_spent(database: &Database, now: DateTime<Utc>) -> Result<u64, StoreError> {
    let tx = database.begin_system().await?;
    let revocations = revocation::Entity::delete_many().filter(revocation::Column::ExpiresAt.lte(now));
    let assertions = assertion::Entity::delete_many().filter(assertion::Column::ExpiresAt.lte(now));
    let sessions = session::Entity::delete_many().filter(session::Column::ExpiresAt.lte(now));
    // Their refresh tokens go with them.
    let grants = grant::Entity::delete_many().filter(grant::Column::EndsAt.lte(now));
    let keys = signing_key::Entity::delete_many().filter(signing_key::Column::RetiresAt.lte(now));
    let gone = revocations.exec(&tx.conn).await?.rows_affected
        + assertions.exec(&tx.conn).await?.rows_affected
        + sessions.exec(&tx.conn).await?.rows_affected
        + grants.exec(&tx.conn).await?.rows_affected
        + keys.exec(&tx.conn).await?.rows_affected;
    tx.commit().await?;
    Ok(gone)
}

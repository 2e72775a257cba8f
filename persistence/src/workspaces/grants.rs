//! What members allowed clients: grants, found by the digest of their code, and the refresh tokens of each.

use chrono::{DateTime, Utc};
use domain::access::Grants;
use domain::ids::{ClientId, EntityId, GrantId, MemberId, TokenId};
use domain::workspaces::{CodeChallenge, Grant, RefreshToken};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{PaginatorTrait, QuerySelect};

use crate::table::{LOCK, insert, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(grant = "grants" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    client_id: Uuid,
    member_id: Uuid,
    scopes: String,
    redirect_uri: String,
    code_digest: Vec<u8>,
    code_challenge: String,
    created_at: DateTimeUtc,
    ends_at: DateTimeUtc,
    redeemed_at: Option<DateTimeUtc>,
    revoked_at: Option<DateTimeUtc>,
});

tenant_table!(refresh_token = "refresh_tokens" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    grant_id: Uuid,
    parent_id: Option<Uuid>,
    digest: Vec<u8>,
    created_at: DateTimeUtc,
    used_at: Option<DateTimeUtc>,
});

/// Keeps a grant, with the digest of its code.
pub async fn insert_grant(tx: &Tx, value: &Grant, code_digest: Vec<u8>) -> Result<(), StoreError> {
    insert::<grant::Entity>(
        tx,
        grant::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            client_id: value.client.uuid(),
            member_id: value.member.uuid(),
            scopes: value.scopes.clone().into(),
            redirect_uri: value.redirect_uri.clone(),
            code_digest,
            code_challenge: value.challenge.as_str().to_owned(),
            created_at: value.created_at,
            ends_at: value.ends_at(),
            redeemed_at: value.redeemed_at,
            revoked_at: value.revoked_at,
        },
    )
    .await
}

/// The grant of a code, locked.
pub async fn lock_grant_of_code(tx: &Tx, code_digest: Vec<u8>) -> Result<Option<Grant>, StoreError> {
    let query = rows::<grant::Entity>(tx).filter(grant::Column::CodeDigest.eq(code_digest)).lock(LOCK);
    query.one(&tx.conn).await?.map(TryInto::try_into).transpose()
}

/// A grant, locked: whoever goes on with a family holds this.
pub async fn lock_grant(tx: &Tx, id: GrantId) -> Result<Option<Grant>, StoreError> {
    let query = rows::<grant::Entity>(tx).filter(grant::Column::Id.eq(id.uuid())).lock(LOCK);
    query.one(&tx.conn).await?.map(TryInto::try_into).transpose()
}

/// A grant.
pub async fn find_grant(scope: &impl Scope, id: GrantId) -> Result<Option<Grant>, StoreError> {
    crate::table::find::<grant::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// The grants of a member that are not over.
pub async fn grants_of(scope: &impl Scope, member: MemberId, now: DateTime<Utc>) -> Result<Vec<GrantId>, StoreError> {
    let live = rows::<grant::Entity>(scope)
        .filter(grant::Column::MemberId.eq(member.uuid()))
        .filter(grant::Column::RevokedAt.is_null())
        .filter(grant::Column::EndsAt.gt(now))
        .all(scope.conn())
        .await?;
    Ok(live.into_iter().map(|row| GrantId::from_uuid(row.id)).collect())
}

/// Notes that a code was redeemed.
pub async fn set_redeemed(tx: &Tx, id: GrantId, now: DateTime<Utc>) -> Result<(), StoreError> {
    set(tx, id, grant::Column::RedeemedAt, now).await
}

/// Notes that a family was revoked.
pub async fn set_revoked(tx: &Tx, id: GrantId, now: DateTime<Utc>) -> Result<(), StoreError> {
    set(tx, id, grant::Column::RevokedAt, now).await
}

async fn set(tx: &Tx, id: GrantId, column: grant::Column, now: DateTime<Utc>) -> Result<(), StoreError> {
    grant::Entity::update_many()
        .col_expr(column, Expr::value(now))
        .filter(grant::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(grant::Column::Id.eq(id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Keeps a refresh token by its digest.
pub async fn insert_refresh_token(tx: &Tx, value: &RefreshToken, digest: Vec<u8>) -> Result<(), StoreError> {
    insert::<refresh_token::Entity>(
        tx,
        refresh_token::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            grant_id: value.grant.uuid(),
            parent_id: value.parent.map(EntityId::uuid),
            digest,
            created_at: value.created_at,
            used_at: value.used_at,
        },
    )
    .await
}

/// The refresh token with this digest.
pub async fn find_refresh_token(scope: &impl Scope, digest: Vec<u8>) -> Result<Option<RefreshToken>, StoreError> {
    let query = rows::<refresh_token::Entity>(scope).filter(refresh_token::Column::Digest.eq(digest));
    Ok(query.one(scope.conn()).await?.map(|row| RefreshToken {
        id: TokenId::from_uuid(row.id),
        grant: GrantId::from_uuid(row.grant_id),
        parent: row.parent_id.map(TokenId::from_uuid),
        created_at: row.created_at,
        used_at: row.used_at,
    }))
}

/// Whether a successor of a refresh token was given up too.
pub async fn is_followed(scope: &impl Scope, id: TokenId) -> Result<bool, StoreError> {
    let successors = rows::<refresh_token::Entity>(scope)
        .filter(refresh_token::Column::ParentId.eq(id.uuid()))
        .filter(refresh_token::Column::UsedAt.is_not_null());
    Ok(successors.count(scope.conn()).await? > 0)
}

/// Notes that a refresh token was given up.
pub async fn set_used(tx: &Tx, id: TokenId, now: DateTime<Utc>) -> Result<(), StoreError> {
    refresh_token::Entity::update_many()
        .col_expr(refresh_token::Column::UsedAt, Expr::value(now))
        .filter(refresh_token::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(refresh_token::Column::Id.eq(id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

impl TryFrom<grant::Model> for Grant {
    type Error = StoreError;

    fn try_from(row: grant::Model) -> Result<Self, StoreError> {
        let damaged = |what: &str| StoreError::Damaged(format!("the {what} of a grant"));
        Ok(Self {
            id: GrantId::from_uuid(row.id),
            client: ClientId::from_uuid(row.client_id),
            member: MemberId::from_uuid(row.member_id),
            scopes: Grants::try_from(row.scopes).map_err(|_| damaged("scopes"))?,
            redirect_uri: row.redirect_uri,
            challenge: CodeChallenge::parse(&row.code_challenge).ok_or_else(|| damaged("challenge"))?,
            created_at: row.created_at,
            redeemed_at: row.redeemed_at,
            revoked_at: row.revoked_at,
        })
    }
}

//! Members with the hashes of their passwords, and the sessions of their browsers.

use chrono::{DateTime, Utc};
use domain::access::Grants;
use domain::contacts::EmailAddress;
use domain::ids::{EntityId, HostId, MemberId, SessionId};
use domain::workspaces::{Lockout, Member, PasswordHash};
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;

use crate::convert::{from_text, to_text};
use crate::table::{LOCK, find, insert, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(member = "members" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    email: String,
    name: String,
    scopes: String,
    host_id: Option<Uuid>,
    password_hash: String,
    failures: i32,
    locked_until: Option<DateTimeUtc>,
    created_at: DateTimeUtc,
});

tenant_table!(session = "member_sessions" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    member_id: Uuid,
    secret_digest: Vec<u8>,
    created_at: DateTimeUtc,
    expires_at: DateTimeUtc,
});

/// A browser in which a member is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Who is signed in.
    pub member: MemberId,
    /// Of what the browser keeps.
    pub secret_digest: Vec<u8>,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// Until when.
    pub expires_at: DateTime<Utc>,
}

/// Adds a member to the transaction's workspace. `false`: somebody has that address.
pub async fn insert_member(
    tx: &Tx,
    value: &Member,
    password: &PasswordHash,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let row = member::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        email: to_text(&value.email)?,
        name: value.name.clone(),
        scopes: value.scopes.clone().into(),
        host_id: value.host.map(EntityId::uuid),
        password_hash: password.as_str().to_owned(),
        failures: value.lockout.failures,
        locked_until: value.lockout.locked_until,
        created_at: now,
    };
    match insert::<member::Entity>(tx, row).await {
        Ok(()) => Ok(true),
        Err(StoreError::Constraint(name)) if name.contains("members") => Ok(false),
        Err(error) => Err(error),
    }
}

/// A member.
pub async fn find_member(scope: &impl Scope, id: MemberId) -> Result<Option<Member>, StoreError> {
    find::<member::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// The member with this address.
pub async fn find_member_by_email(scope: &impl Scope, email: &EmailAddress) -> Result<Option<Member>, StoreError> {
    let query = rows::<member::Entity>(scope).filter(member::Column::Email.eq(to_text(email)?));
    query.one(scope.conn()).await?.map(TryInto::try_into).transpose()
}

/// The member with this address, locked, with the hash of their password.
pub async fn lock_member(tx: &Tx, email: &EmailAddress) -> Result<Option<(Member, PasswordHash)>, StoreError> {
    let query = rows::<member::Entity>(tx).filter(member::Column::Email.eq(to_text(email)?)).lock(LOCK);
    let Some(row) = query.one(&tx.conn).await? else { return Ok(None) };
    let hash = PasswordHash::stored(row.password_hash.clone());
    Ok(Some((row.try_into()?, hash)))
}

/// Notes how often a member's password was guessed at.
pub async fn set_lockout(tx: &Tx, id: MemberId, lockout: Lockout) -> Result<(), StoreError> {
    member::Entity::update_many()
        .col_expr(member::Column::Failures, Expr::value(lockout.failures))
        .col_expr(member::Column::LockedUntil, Expr::value(lockout.locked_until))
        .filter(member::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(member::Column::Id.eq(id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Gives a member another password.
pub async fn set_password(tx: &Tx, id: MemberId, password: &PasswordHash) -> Result<(), StoreError> {
    member::Entity::update_many()
        .col_expr(member::Column::PasswordHash, Expr::value(password.as_str()))
        .filter(member::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(member::Column::Id.eq(id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Opens a session.
pub async fn insert_session(tx: &Tx, value: &Session) -> Result<(), StoreError> {
    insert::<session::Entity>(
        tx,
        session::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            member_id: value.member.uuid(),
            secret_digest: value.secret_digest.clone(),
            created_at: value.created_at,
            expires_at: value.expires_at,
        },
    )
    .await
}

/// Who is signed in where this is kept.
pub async fn find_session(
    scope: &impl Scope,
    secret_digest: Vec<u8>,
    now: DateTime<Utc>,
) -> Result<Option<Session>, StoreError> {
    let row = rows::<session::Entity>(scope)
        .filter(session::Column::SecretDigest.eq(secret_digest))
        .filter(session::Column::ExpiresAt.gt(now))
        .one(scope.conn())
        .await?;
    Ok(row.map(|row| Session {
        id: SessionId::from_uuid(row.id),
        member: MemberId::from_uuid(row.member_id),
        secret_digest: row.secret_digest,
        created_at: row.created_at,
        expires_at: row.expires_at,
    }))
}

/// Ends the session of one browser.
pub async fn end_session(tx: &Tx, secret_digest: Vec<u8>) -> Result<(), StoreError> {
    session::Entity::delete_many()
        .filter(session::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(session::Column::SecretDigest.eq(secret_digest))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Signs a member out everywhere.
pub async fn end_sessions(tx: &Tx, id: MemberId) -> Result<(), StoreError> {
    session::Entity::delete_many()
        .filter(session::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(session::Column::MemberId.eq(id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

impl TryFrom<member::Model> for Member {
    type Error = StoreError;

    fn try_from(row: member::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: MemberId::from_uuid(row.id),
            email: from_text(&row.email)?,
            name: row.name,
            scopes: Grants::try_from(row.scopes).map_err(|error| StoreError::Damaged(error.to_string()))?,
            host: row.host_id.map(HostId::from_uuid),
            lockout: Lockout { failures: row.failures, locked_until: row.locked_until },
        })
    }
}

//! Sign in: a member's password is looked at, within the limits of the lockout, and a session is opened.
//!
//! In two steps, because hashing takes longer than a transaction should: an attempt is counted before it is looked
//! at, and forgiven when the password was right.

use chrono::{DateTime, Utc};
use domain::contacts::EmailAddress;
use domain::ids::{MemberId, WorkspaceId};
use domain::workspaces::{Lockout, PasswordHash, secret_digest};
use persistence::workspaces::{Session, end_session, insert_session, lock_member, set_lockout};

use crate::{Failure, Stores};

/// Counts an attempt. `None`: there is no such member, or it is too early for another attempt; which of the two
/// nobody is to learn.
pub async fn attempt_sign_in(
    stores: &Stores,
    workspace: WorkspaceId,
    email: &EmailAddress,
    now: DateTime<Utc>,
) -> Result<Option<(MemberId, PasswordHash)>, Failure> {
    let tx = stores.database.begin(workspace).await?;
    let Some((member, hash)) = lock_member(&tx, email).await? else { return Ok(None) };
    let Some(lockout) = member.lockout.attempt(now) else { return Ok(None) };
    set_lockout(&tx, member.id, lockout).await?;
    tx.commit().await?;
    Ok(Some((member.id, hash)))
}

/// Opens a session for a member whose password was right.
pub async fn sign_in(stores: &Stores, workspace: WorkspaceId, session: &Session) -> Result<(), Failure> {
    let tx = stores.database.begin(workspace).await?;
    set_lockout(&tx, session.member, Lockout::default()).await?;
    insert_session(&tx, session).await?;
    Ok(tx.commit().await?)
}

/// Ends the session of a browser that keeps this.
pub async fn sign_out(stores: &Stores, workspace: WorkspaceId, secret: &str) -> Result<(), Failure> {
    let tx = stores.database.begin(workspace).await?;
    end_session(&tx, secret_digest(secret)).await?;
    Ok(tx.commit().await?)
}

//! Change a password: whoever knew the old one is shut out, in browsers and in clients.

use chrono::{DateTime, Utc};
use domain::contacts::EmailAddress;
use domain::ids::WorkspaceId;
use domain::workspaces::{Lockout, PasswordHash};
use persistence::bus::Hint;
use persistence::workspaces::{end_sessions, grants_of, lock_member, set_lockout, set_password};

use super::revoke::end_family;
use crate::{Failure, Stores};

/// Gives the member with this address another password. `false`: there is no such member.
pub async fn change_password(
    stores: &Stores,
    workspace: WorkspaceId,
    (email, password): (&EmailAddress, &PasswordHash),
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let tx = stores.database.begin(workspace).await?;
    let Some((member, _)) = lock_member(&tx, email).await? else { return Ok(false) };
    set_password(&tx, member.id, password).await?;
    set_lockout(&tx, member.id, Lockout::default()).await?;
    end_sessions(&tx, member.id).await?;
    for grant in grants_of(&tx, member.id, now).await? {
        end_family(&tx, grant, now).await?;
    }
    tx.commit().await?;
    stores.bus.publish(Hint::Revoked);
    Ok(true)
}

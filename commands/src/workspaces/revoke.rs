//! Revoke: an access token, or all that came of one consent, is refused from now on, wherever it is shown.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{ClientId, GrantId, TokenId, WorkspaceId};
use domain::workspaces::{ACCESS_LIFETIME, secret_digest};
use persistence::Tx;
use persistence::bus::Hint;
use persistence::workspaces::{find_refresh_token, insert_revocation, lock_grant, set_revoked};

use crate::{Failure, Stores};

/// A server's clock may be behind the one that issued the token, and a token is signed a moment after it was decided,
/// so the note is kept a little longer than a token is good.
const KEPT_BEYOND: TimeDelta = TimeDelta::minutes(1);

/// Revokes an access token that ends at `expires_at`.
pub async fn revoke_token(
    stores: &Stores,
    workspace: WorkspaceId,
    (token, expires_at): (TokenId, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let tx = stores.database.begin(workspace).await?;
    insert_revocation(&tx, token, (now, expires_at + KEPT_BEYOND)).await?;
    tx.commit().await?;
    stores.bus.publish(Hint::Revoked);
    Ok(())
}

/// Revokes the family of a refresh token, if it is one. `false`: it is another client's.
pub async fn revoke_grant(
    stores: &Stores,
    workspace: WorkspaceId,
    (client, token): (ClientId, &str),
    now: DateTime<Utc>,
) -> Result<bool, Failure> {
    let tx = stores.database.begin(workspace).await?;
    let Some(token) = find_refresh_token(&tx, secret_digest(token)).await? else { return Ok(true) };
    let Some(grant) = lock_grant(&tx, token.grant).await? else { return Ok(true) };
    if grant.client != client {
        return Ok(false);
    }
    end_family(&tx, grant.id, now).await?;
    tx.commit().await?;
    stores.bus.publish(Hint::Revoked);
    Ok(true)
}

/// Ends a family within a transaction; the hint is the caller's to give, after the commit.
pub(super) async fn end_family(tx: &Tx, grant: GrantId, now: DateTime<Utc>) -> Result<(), Failure> {
    set_revoked(tx, grant, now).await?;
    insert_revocation(tx, grant, (now, now + ACCESS_LIFETIME + KEPT_BEYOND)).await?;
    Ok(())
}

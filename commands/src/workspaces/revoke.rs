//! Revoke: an access token is refused from now on, wherever it is shown.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{TokenId, WorkspaceId};
use persistence::bus::Hint;
use persistence::workspaces::insert_revocation;

use crate::{Failure, Stores};

/// A server's clock may be behind the one that issued the token, so the note is kept a little longer than the token
/// is good.
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

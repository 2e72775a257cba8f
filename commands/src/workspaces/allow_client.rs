//! Allow: a member lets a client act in their name, and a code is drawn that proves it once.

use domain::ids::WorkspaceId;
use domain::workspaces::{Grant, secret_digest};
use persistence::workspaces::insert_grant;

use crate::{Failure, Stores};

/// Keeps a grant with the digest of its code.
pub async fn allow_client(stores: &Stores, workspace: WorkspaceId, grant: &Grant, code: &str) -> Result<(), Failure> {
    let tx = stores.database.begin(workspace).await?;
    insert_grant(&tx, grant, secret_digest(code)).await?;
    Ok(tx.commit().await?)
}

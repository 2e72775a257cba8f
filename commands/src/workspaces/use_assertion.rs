//! Use an assertion: what a client signed to prove itself is good for once (RFC 7523 §3).

use chrono::{DateTime, Utc};
use domain::workspaces::{Client, secret_digest};
use persistence::workspaces::insert_assertion;

use crate::{Failure, Stores};

/// Takes note of an assertion that is good until `expires_at`. `false`: it was used before.
pub async fn use_assertion(
    stores: &Stores,
    client: &Client,
    jti: &str,
    expires_at: DateTime<Utc>,
) -> Result<bool, Failure> {
    let tx = stores.database.begin(client.workspace).await?;
    // A digest, because the sender decides how long its id is.
    let is_new = insert_assertion(&tx, client.id, secret_digest(jti), expires_at).await?;
    tx.commit().await?;
    Ok(is_new)
}

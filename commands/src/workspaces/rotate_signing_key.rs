//! Rotate: a new key signs from now or soon on, and the others retire. It is about the instance, not a workspace, and
//! asked for by its operator.

use chrono::{DateTime, Utc};
use domain::workspaces::Rotation;
use persistence::Sealer;
use persistence::bus::Hint;
use persistence::workspaces::{SigningKey, insert_signing_key, lock_signing_keys, retire_signing_keys};

use crate::{Failure, Stores};

/// Puts a key with the term of `rotation` in the place of all others.
pub async fn rotate_signing_key(
    stores: &Stores,
    sealer: &Sealer,
    key: SigningKey,
    rotation: Rotation,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let tx = stores.database.begin_system().await?;
    lock_signing_keys(&tx).await?;
    retire_signing_keys(&tx, rotation.others_retire_at).await?;
    insert_signing_key(&tx, sealer, &SigningKey { term: rotation.term, ..key }, now).await?;
    tx.commit().await?;
    // Servers read their keys again together with the revocations.
    stores.bus.publish(Hint::Revoked);
    Ok(())
}

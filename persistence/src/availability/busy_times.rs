//! Time taken elsewhere: what is not ours, but blocks all the same.

use chrono::{DateTime, Utc};
use domain::ids::{BusyTimeId, EntityId, HostId};
use sea_orm::entity::prelude::*;

use crate::table::{insert, tenant_table, workspace_of};
use crate::{StoreError, Tx};

tenant_table!(busy_time = "busy_times" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    host_id: Uuid,
    starts_at: DateTimeUtc,
    ends_at: DateTimeUtc,
    created_at: DateTimeUtc,
});

/// An interval in which a host is taken elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BusyTime {
    /// Its id.
    pub id: BusyTimeId,
    /// Whose.
    pub host: HostId,
    /// From.
    pub starts_at: DateTime<Utc>,
    /// Until, exclusive.
    pub ends_at: DateTime<Utc>,
}

/// Adds an interval.
pub async fn insert_busy_time(tx: &Tx, value: BusyTime, now: DateTime<Utc>) -> Result<(), StoreError> {
    insert::<busy_time::Entity>(
        tx,
        busy_time::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            host_id: value.host.uuid(),
            starts_at: value.starts_at,
            ends_at: value.ends_at,
            created_at: now,
        },
    )
    .await
}

/// Removes an interval; whether it was there.
pub async fn delete_busy_time(tx: &Tx, id: BusyTimeId) -> Result<bool, StoreError> {
    let deleted = busy_time::Entity::delete_many()
        .filter(busy_time::Column::WorkspaceId.eq(workspace_of(tx)))
        .filter(busy_time::Column::Id.eq(id.uuid()))
        .exec(&tx.conn)
        .await?;
    Ok(deleted.rows_affected == 1)
}

//! Hosts.

use chrono::{DateTime, Utc};
use domain::ids::{EntityId, HostId, MeetingTypeId};
use domain::workspaces::Host;
use sea_orm::entity::prelude::*;
use sea_orm::{FromQueryResult, QueryOrder, QuerySelect};

use crate::convert::{from_json, to_json};
use crate::table::{LOCK, find, find_all, insert, replace, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(host = "hosts" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    name: String,
    email: String,
    schedule: Json,
    routing: Json,
    crm_owner_id: Option<String>,
    active: bool,
    last_assigned_at: Option<DateTimeUtc>,
    created_at: DateTimeUtc,
});

/// One host.
pub async fn find_host(scope: &impl Scope, id: HostId) -> Result<Option<Host>, StoreError> {
    find::<host::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// Hosts by their ids; unknown ids are left out.
pub async fn find_hosts(scope: &impl Scope, ids: &[HostId]) -> Result<Vec<Host>, StoreError> {
    let found = find_all::<host::Entity>(scope, ids.iter().map(|id| id.uuid())).await?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// Every host of the workspace, oldest first.
pub async fn all_hosts(scope: &impl Scope) -> Result<Vec<Host>, StoreError> {
    let found = rows::<host::Entity>(scope).order_by_asc(host::Column::Id).all(scope.conn()).await?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// Locks hosts for the rest of the transaction, in the order of their ids (so two bookings cannot deadlock), and
/// reads them. Whoever takes a host's time holds this lock: limits and fairness are counted under it. Whoever only
/// gives time back does not need it.
pub async fn lock_hosts(tx: &Tx, ids: &[HostId]) -> Result<Vec<Host>, StoreError> {
    let found = rows::<host::Entity>(tx)
        .filter(host::Column::Id.is_in(ids.iter().map(|id| id.uuid())))
        .order_by_asc(host::Column::Id)
        .lock(LOCK)
        .all(&tx.conn)
        .await?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// Adds a host.
pub async fn insert_host(tx: &Tx, value: &Host, now: DateTime<Utc>) -> Result<(), StoreError> {
    insert::<host::Entity>(tx, row(tx, value, now)?).await
}

/// Writes a host anew.
pub async fn replace_host(tx: &Tx, value: &Host) -> Result<(), StoreError> {
    let created_at = find::<host::Entity>(tx, value.id.uuid()).await?.map(|known| known.created_at);
    let Some(created_at) = created_at else { return Err(StoreError::Failed("the host is gone".to_owned())) };
    replace::<host::Entity>(tx, row(tx, value, created_at)?).await
}

#[derive(FromQueryResult)]
struct Share {
    host_id: Uuid,
    booked: i64,
    last_booked_at: Option<DateTimeUtc>,
}

/// How many meetings of a type each host was given since `since`, cancelled ones aside, and when the last of them was
/// booked: what round robin weighs. Hosts without any are left out.
pub async fn share_of_meetings(
    tx: &Tx,
    meeting_type: MeetingTypeId,
    since: DateTime<Utc>,
) -> Result<Vec<(HostId, u32, Option<DateTime<Utc>>)>, StoreError> {
    use crate::meetings::meeting;

    let shares = rows::<meeting::Entity>(tx)
        .select_only()
        .column(meeting::Column::HostId)
        .column_as(meeting::Column::Id.count(), "booked")
        .column_as(meeting::Column::BookedAt.max(), "last_booked_at")
        .filter(meeting::Column::MeetingTypeId.eq(meeting_type.uuid()))
        .filter(meeting::Column::BookedAt.gte(since))
        .filter(meeting::Column::Status.ne("cancelled"))
        .group_by(meeting::Column::HostId)
        .into_model::<Share>()
        .all(&tx.conn)
        .await?;
    Ok(shares
        .into_iter()
        .map(|share| {
            (HostId::from_uuid(share.host_id), u32::try_from(share.booked).unwrap_or(u32::MAX), share.last_booked_at)
        })
        .collect())
}

fn row(tx: &Tx, value: &Host, created_at: DateTime<Utc>) -> Result<host::Model, StoreError> {
    Ok(host::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        name: value.name.clone(),
        email: value.email.clone(),
        schedule: to_json(&value.schedule)?,
        routing: to_json(&value.routing)?,
        crm_owner_id: value.crm_owner_id.clone(),
        active: value.active,
        last_assigned_at: value.last_assigned_at,
        created_at,
    })
}

impl TryFrom<host::Model> for Host {
    type Error = StoreError;

    fn try_from(row: host::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: HostId::from_uuid(row.id),
            name: row.name,
            email: row.email,
            schedule: from_json(row.schedule)?,
            routing: from_json(row.routing)?,
            crm_owner_id: row.crm_owner_id,
            active: row.active,
            last_assigned_at: row.last_assigned_at,
        })
    }
}

//! Meetings.

use chrono::{DateTime, Utc};
use domain::ids::{ContactId, EntityId, HostId, MeetingId, MeetingTypeId};
use domain::meetings::{Meeting, MeetingStatus};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::convert::{from_json, from_text, to_json, to_text};
use crate::table::{find, find_all, insert, replace, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(meeting = "meetings" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    contact_id: Uuid,
    meeting_type_id: Uuid,
    host_id: Uuid,
    title: String,
    starts_at: DateTimeUtc,
    ends_at: DateTimeUtc,
    contact_zone: String,
    host_zone: String,
    status: String,
    location: Option<String>,
    calendar_uid: String,
    sequence: i32,
    attribution: Json,
    note: Option<String>,
    cancel_reason: Option<String>,
    booked_at: DateTimeUtc,
    updated_at: DateTimeUtc,
    version: i64,
});

/// Which meetings of a list are wanted. Everything that is `None` does not limit.
#[derive(Debug, Clone, Default)]
pub struct MeetingFilter {
    /// In this status.
    pub status: Option<MeetingStatus>,
    /// With this host.
    pub host: Option<HostId>,
    /// With this contact.
    pub contact: Option<ContactId>,
    /// Starting at this instant or later.
    pub starts_from: Option<DateTime<Utc>>,
    /// Starting before this instant.
    pub starts_until: Option<DateTime<Utc>>,
}

/// One meeting.
pub async fn find_meeting(scope: &impl Scope, id: MeetingId) -> Result<Option<Meeting>, StoreError> {
    find::<meeting::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// One meeting, locked for the rest of the transaction.
pub async fn lock_meeting(tx: &Tx, id: MeetingId) -> Result<Option<Meeting>, StoreError> {
    let found =
        rows::<meeting::Entity>(tx).filter(meeting::Column::Id.eq(id.uuid())).lock_exclusive().one(&tx.conn).await?;
    found.map(TryInto::try_into).transpose()
}

/// Meetings by their ids; unknown ids are left out.
pub async fn find_meetings(scope: &impl Scope, ids: &[MeetingId]) -> Result<Vec<Meeting>, StoreError> {
    let found = find_all::<meeting::Entity>(scope, ids.iter().map(|id| id.uuid())).await?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// A page of meetings, newest booking first, after the meeting `after`. Ids are UUIDv7, so their order is the order of
/// booking and the key of the page at once.
pub async fn list_meetings(
    scope: &impl Scope,
    filter: &MeetingFilter,
    after: Option<MeetingId>,
    limit: u64,
) -> Result<Vec<Meeting>, StoreError> {
    let mut query = rows::<meeting::Entity>(scope).order_by_desc(meeting::Column::Id).limit(limit);
    if let Some(status) = filter.status {
        query = query.filter(meeting::Column::Status.eq(to_text(&status)?));
    }
    if let Some(host) = filter.host {
        query = query.filter(meeting::Column::HostId.eq(host.uuid()));
    }
    if let Some(contact) = filter.contact {
        query = query.filter(meeting::Column::ContactId.eq(contact.uuid()));
    }
    if let Some(from) = filter.starts_from {
        query = query.filter(meeting::Column::StartsAt.gte(from));
    }
    if let Some(until) = filter.starts_until {
        query = query.filter(meeting::Column::StartsAt.lt(until));
    }
    if let Some(after) = after {
        query = query.filter(meeting::Column::Id.lt(after.uuid()));
    }
    query.all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// Writes a new meeting.
pub async fn insert_meeting(tx: &Tx, value: &Meeting) -> Result<(), StoreError> {
    insert::<meeting::Entity>(tx, row(tx, value)?).await
}

/// Writes a known meeting anew.
pub async fn replace_meeting(tx: &Tx, value: &Meeting) -> Result<(), StoreError> {
    replace::<meeting::Entity>(tx, row(tx, value)?).await
}

fn row(tx: &Tx, value: &Meeting) -> Result<meeting::Model, StoreError> {
    Ok(meeting::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        contact_id: value.contact.uuid(),
        meeting_type_id: value.meeting_type.uuid(),
        host_id: value.host.uuid(),
        title: value.title.clone(),
        starts_at: value.starts_at,
        ends_at: value.ends_at,
        contact_zone: to_text(&value.contact_zone)?,
        host_zone: to_text(&value.host_zone)?,
        status: to_text(&value.status)?,
        location: value.location.clone(),
        calendar_uid: value.calendar_uid.clone(),
        sequence: value.sequence,
        attribution: to_json(&value.attribution)?,
        note: value.note.clone(),
        cancel_reason: value.cancel_reason.clone(),
        booked_at: value.booked_at,
        updated_at: value.updated_at,
        version: value.version,
    })
}

impl TryFrom<meeting::Model> for Meeting {
    type Error = StoreError;

    fn try_from(row: meeting::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: MeetingId::from_uuid(row.id),
            contact: ContactId::from_uuid(row.contact_id),
            meeting_type: MeetingTypeId::from_uuid(row.meeting_type_id),
            host: HostId::from_uuid(row.host_id),
            title: row.title,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            contact_zone: from_text(&row.contact_zone)?,
            host_zone: from_text(&row.host_zone)?,
            status: from_text(&row.status)?,
            location: row.location,
            calendar_uid: row.calendar_uid,
            sequence: row.sequence,
            attribution: from_json(row.attribution)?,
            note: row.note,
            cancel_reason: row.cancel_reason,
            booked_at: row.booked_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

//! Meeting types: the offers.

use chrono::{DateTime, Utc};
use domain::ids::{EntityId, MeetingTypeId};
use domain::meetings::MeetingType;
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::convert::{from_json, to_json};
use crate::table::{find, find_all, insert, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(meeting_type = "meeting_types" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    slug: String,
    name: String,
    rules: Json,
    hosts: Json,
    location: Option<String>,
    active: bool,
    created_at: DateTimeUtc,
});

/// One offer.
pub async fn find_meeting_type(scope: &impl Scope, id: MeetingTypeId) -> Result<Option<MeetingType>, StoreError> {
    find::<meeting_type::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// Offers by their ids; unknown ids are left out.
pub async fn find_meeting_types(scope: &impl Scope, ids: &[MeetingTypeId]) -> Result<Vec<MeetingType>, StoreError> {
    let found = find_all::<meeting_type::Entity>(scope, ids.iter().map(|id| id.uuid())).await?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// One offer by its name in URLs.
pub async fn find_meeting_type_by_slug(scope: &impl Scope, slug: &str) -> Result<Option<MeetingType>, StoreError> {
    let found =
        rows::<meeting_type::Entity>(scope).filter(meeting_type::Column::Slug.eq(slug)).one(scope.conn()).await?;
    found.map(TryInto::try_into).transpose()
}

/// Every offer, oldest first: the first one is what a form without a meeting type leads to.
pub async fn all_meeting_types(scope: &impl Scope) -> Result<Vec<MeetingType>, StoreError> {
    let found = rows::<meeting_type::Entity>(scope)
        .order_by_asc(meeting_type::Column::CreatedAt)
        .order_by_asc(meeting_type::Column::Id)
        .all(scope.conn())
        .await?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// Adds an offer. A slug that is taken is refused by `meeting_types_slug_is_unique`.
pub async fn insert_meeting_type(tx: &Tx, value: &MeetingType, now: DateTime<Utc>) -> Result<(), StoreError> {
    insert::<meeting_type::Entity>(
        tx,
        meeting_type::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            slug: value.slug.clone(),
            name: value.name.clone(),
            rules: to_json(&value.rules)?,
            hosts: to_json(&value.hosts)?,
            location: value.location.clone(),
            active: value.active,
            created_at: now,
        },
    )
    .await
}

impl TryFrom<meeting_type::Model> for MeetingType {
    type Error = StoreError;

    fn try_from(row: meeting_type::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: MeetingTypeId::from_uuid(row.id),
            slug: row.slug,
            name: row.name,
            rules: from_json(row.rules)?,
            hosts: from_json(row.hosts)?,
            location: row.location,
            active: row.active,
        })
    }
}

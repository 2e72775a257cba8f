//! Activities: appended, never changed.

use domain::activities::Activity;
use domain::ids::{ActivityId, ContactId, EntityId};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use crate::convert::{from_json, from_text, to_json, to_text};
use crate::table::{insert, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(activity = "activities" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    contact_id: Uuid,
    kind: String,
    occurred_at: DateTimeUtc,
    attribution: Json,
    properties: Json,
});

/// Appends an activity.
pub async fn insert_activity(tx: &Tx, value: &Activity) -> Result<(), StoreError> {
    insert::<activity::Entity>(
        tx,
        activity::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            contact_id: value.contact.uuid(),
            kind: to_text(&value.kind)?,
            occurred_at: value.occurred_at,
            attribution: to_json(&value.attribution)?,
            properties: value.properties.clone(),
        },
    )
    .await
}

/// A contact's activities, newest first, `limit` at most.
pub async fn activities_of(scope: &impl Scope, contact: ContactId, limit: u64) -> Result<Vec<Activity>, StoreError> {
    let found = rows::<activity::Entity>(scope)
        .filter(activity::Column::ContactId.eq(contact.uuid()))
        .order_by_desc(activity::Column::OccurredAt)
        .order_by_desc(activity::Column::Id)
        .limit(limit)
        .all(scope.conn())
        .await?;
    found.into_iter().map(TryInto::try_into).collect()
}

impl TryFrom<activity::Model> for Activity {
    type Error = StoreError;

    fn try_from(row: activity::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: ActivityId::from_uuid(row.id),
            contact: ContactId::from_uuid(row.contact_id),
            kind: from_text(&row.kind)?,
            occurred_at: row.occurred_at,
            attribution: from_json(row.attribution)?,
            properties: row.properties,
        })
    }
}

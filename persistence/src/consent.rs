//! The consent ledger: appended, never changed.

use domain::consent::ConsentRecord;
use domain::ids::{ContactId, EntityId};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveModelTrait, IntoActiveModel, QueryOrder};

use crate::convert::{from_json, to_json};
use crate::table::{insert_all, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(consent_record = "consent_records" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    contact_id: Uuid,
    record: Json,
    consented_at: DateTimeUtc,
});

/// Appends entries.
pub async fn insert_records(tx: &Tx, values: &[ConsentRecord]) -> Result<(), StoreError> {
    let rows = values.iter().map(|value| row(tx, value)).collect::<Result<Vec<_>, _>>()?;
    insert_all::<consent_record::Entity>(tx, rows).await
}

fn row(tx: &Tx, value: &ConsentRecord) -> Result<consent_record::ActiveModel, StoreError> {
    let row = consent_record::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        contact_id: value.contact.uuid(),
        record: to_json(value)?,
        consented_at: value.consent_timestamp,
    };
    Ok(row.into_active_model().reset_all())
}

/// A contact's entries, oldest first.
pub async fn records_of(scope: &impl Scope, contact: ContactId) -> Result<Vec<ConsentRecord>, StoreError> {
    let found = rows::<consent_record::Entity>(scope)
        .filter(consent_record::Column::ContactId.eq(contact.uuid()))
        .order_by_asc(consent_record::Column::ConsentedAt)
        .order_by_asc(consent_record::Column::Id)
        .all(scope.conn())
        .await?;
    found.into_iter().map(|row| from_json(row.record)).collect()
}

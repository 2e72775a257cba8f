//! The consent ledger: appended, never changed.

use domain::consent::ConsentRecord;
use domain::ids::{ContactId, EntityId};
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;

use crate::convert::{from_json, to_json};
use crate::table::{insert, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(consent_record = "consent_records" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    contact_id: Uuid,
    record: Json,
    consented_at: DateTimeUtc,
});

/// Appends an entry.
pub async fn insert_record(tx: &Tx, value: &ConsentRecord) -> Result<(), StoreError> {
    insert::<consent_record::Entity>(
        tx,
        consent_record::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            contact_id: value.contact.uuid(),
            record: to_json(value)?,
            consented_at: value.consent_timestamp,
        },
    )
    .await
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

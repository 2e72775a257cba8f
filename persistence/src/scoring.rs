//! Scoring models: immutable versions; the newest one is in force.

use chrono::{DateTime, Utc};
use domain::ids::EntityId;
use domain::scoring::ScoringModel;
use sea_orm::QueryOrder;

use crate::convert::{from_json, to_json};
use crate::table::{insert, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(scoring_model = "scoring_models" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    version: i32,
    model: Json,
    created_at: DateTimeUtc,
});

/// The model in force, if there is one.
pub async fn current_model(scope: &impl Scope) -> Result<Option<ScoringModel>, StoreError> {
    let found =
        rows::<scoring_model::Entity>(scope).order_by_desc(scoring_model::Column::Version).one(scope.conn()).await?;
    found.map(|row| from_json(row.model)).transpose()
}

/// Publishes a version. A number that is taken is refused by `scoring_models_version_is_unique`.
pub async fn insert_model(tx: &Tx, value: &ScoringModel, now: DateTime<Utc>) -> Result<(), StoreError> {
    insert::<scoring_model::Entity>(
        tx,
        scoring_model::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            version: value.version,
            model: to_json(value)?,
            created_at: now,
        },
    )
    .await
}

//! Where each workspace's log begins to be whole, now that old events go.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const COLUMNS: &str = "
ALTER TABLE event_positions ADD COLUMN horizon bigint NOT NULL DEFAULT 1;
CREATE INDEX deliveries_open ON deliveries (workspace_id, position) WHERE state IN ('pending', 'dead', 'parked');
";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, COLUMNS).await
    }
}

//! Pages of the log that are filtered by type or by work, and pages of what came in, go by an index in their order. Without
//! one a rare type is looked for in the whole log, and the newest of a workspace in all that it ever got.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const INDEXES: &str = "
CREATE INDEX events_by_type ON events (workspace_id, type, position);
DROP INDEX events_by_correlation;
CREATE INDEX events_by_correlation ON events (workspace_id, correlation, position);
CREATE INDEX inbound_deliveries_of_workspace ON inbound_deliveries (workspace_id, id);
";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, INDEXES).await
    }
}

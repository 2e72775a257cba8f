//! Pages of the log that are filtered by type or by work, and pages of what came in, go by an index in their order. Without
//! one a rare type is looked for in the whole log, and the newest of a workspace in all that it ever got.
//!
//! And an endpoint's row tells when its owner is to be warned that older secrets stop signing: the secrets are sealed.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const CHANGES: &str = "
CREATE INDEX events_by_type ON events (workspace_id, type, position);
DROP INDEX events_by_correlation;
CREATE INDEX events_by_correlation ON events (workspace_id, correlation, position);
CREATE INDEX inbound_deliveries_of_workspace ON inbound_deliveries (workspace_id, id);
ALTER TABLE webhook_endpoints ADD COLUMN secret_warning_at {instant};
CREATE INDEX webhook_endpoints_to_warn ON webhook_endpoints (secret_warning_at) WHERE secret_warning_at IS NOT NULL;
";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, CHANGES).await
    }
}

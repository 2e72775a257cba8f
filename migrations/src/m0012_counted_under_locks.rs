//! Indexes for what is counted while others wait for a lock: the hosts' shares of meetings and of leads.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const INDEXES: &str = "
CREATE INDEX meetings_of_type ON meetings (workspace_id, meeting_type_id, booked_at);
CREATE INDEX tasks_by_age ON tasks (workspace_id, created_at);
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

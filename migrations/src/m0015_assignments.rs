//! Which routing decisions gave somebody a lead: capacity counts leads, not the forms of leads that have an owner.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
ALTER TABLE routing_decisions ADD COLUMN is_assignment boolean NOT NULL DEFAULT TRUE;
CREATE INDEX routing_decisions_by_age ON routing_decisions (workspace_id, decided_at);
DROP INDEX tasks_by_age;
";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }
}

//! A lane's head is found by comparing its destination with its lane's. PostgreSQL uses an index for that only if both
//! columns sort alike; otherwise each head costs a walk over the whole backlog (72 ms of 175,000, instead of 0.2).

use sea_orm_migration::prelude::*;

use crate::dialect::run_on_postgres;

const COLUMN: &str = "ALTER TABLE deliveries ALTER COLUMN destination TYPE text COLLATE \"C\"";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_on_postgres(manager, COLUMN).await
    }
}

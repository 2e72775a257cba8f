//! Whoever writes several lanes locks them in one order, so that two who meet cannot wait for each other. One of them
//! sorts in memory and one in PostgreSQL, so the column has to sort by its bytes there too.

use sea_orm_migration::prelude::*;

use crate::dialect::run_on_postgres;

const COLUMN: &str = "ALTER TABLE lanes ALTER COLUMN lane TYPE text COLLATE \"C\";
ALTER TABLE deliveries ALTER COLUMN lane TYPE text COLLATE \"C\"";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run_on_postgres(manager, COLUMN).await
    }
}

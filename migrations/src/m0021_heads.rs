//! A lane's head is found by one index, and no other offers itself. A prepared statement keeps the plan that it got when
//! the table was small and every index looked alike; then it walked all that waited, through an index that was meant for
//! something else (95 ms for sixteen heads of 20,000 deliveries, instead of 0.4).
//!
//! And whoever writes several lanes locks them in one order, so that two who meet cannot wait for each other. One of
//! them sorts in memory and one in PostgreSQL, so the column has to sort by its bytes there too.

use sea_orm_migration::prelude::*;

use crate::dialect::{run, run_on_postgres};

const INDEXES: &str = "
DROP INDEX deliveries_open;
DROP INDEX deliveries_by_state;
CREATE INDEX dead_letters ON deliveries (workspace_id, id) WHERE state IN ('dead', 'parked');
";
const COLUMNS: &str = "
ALTER TABLE lanes ALTER COLUMN lane TYPE text COLLATE \"C\";
ALTER TABLE deliveries ALTER COLUMN lane TYPE text COLLATE \"C\";
";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, INDEXES).await?;
        run_on_postgres(manager, COLUMNS).await
    }
}

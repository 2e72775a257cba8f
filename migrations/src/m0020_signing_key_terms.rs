//! From when a signing key signs, and until when its tokens are taken: for rotation with an overlap.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const COLUMNS: &str = "
ALTER TABLE signing_keys ADD COLUMN signs_from {instant};
ALTER TABLE signing_keys ADD COLUMN retires_at {instant};
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

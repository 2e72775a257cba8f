//! Page tokens: what booking pages show instead of a secret.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE page_tokens (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  settings {json} NOT NULL,
  created_at {instant} NOT NULL,
  revoked_at {instant}
);
CREATE INDEX page_tokens_of_workspace ON page_tokens (workspace_id, id);
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

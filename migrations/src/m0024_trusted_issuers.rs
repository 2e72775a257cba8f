//! Issuers of others whose tokens a workspace takes.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE trusted_issuers (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  url text NOT NULL,
  audience text NOT NULL,
  scope_claim text NOT NULL,
  scopes text NOT NULL,
  created_at {instant} NOT NULL,
  CONSTRAINT trusted_issuers_audience UNIQUE (url, audience)
);
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

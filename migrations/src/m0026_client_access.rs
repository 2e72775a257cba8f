//! What a client may send, and from where: the documents that are registered for it, whether it may send others, and the
//! web origins that its tokens may be used from.

use sea_orm_migration::prelude::*;

use crate::dialect::{run, run_on_postgres};

const TABLES: &str = "
ALTER TABLE clients ADD COLUMN documents text NOT NULL DEFAULT 'any';
CREATE TABLE client_documents (
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  client_id {uuid} NOT NULL REFERENCES clients (id),
  hash {bytes} NOT NULL,
  body text NOT NULL,
  created_at {instant} NOT NULL,
  CONSTRAINT client_documents_key PRIMARY KEY (client_id, hash)
);
CREATE TABLE client_origins (
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  client_id {uuid} NOT NULL REFERENCES clients (id),
  origin {key} NOT NULL,
  CONSTRAINT client_origins_key PRIMARY KEY (client_id, origin)
);
CREATE INDEX client_origins_by_origin ON client_origins (origin);
";

/// A page's origin is looked for among those of all page tokens.
const PAGES: &str = "CREATE INDEX page_tokens_by_origin ON page_tokens USING gin ((settings -> 'origins'));";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await?;
        run_on_postgres(manager, PAGES).await
    }
}

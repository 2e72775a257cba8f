//! Clients that prove themselves by signed assertions, each taken once; access tokens that are revoked before their
//! time.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
ALTER TABLE clients ADD COLUMN authentication text NOT NULL DEFAULT 'secret';
ALTER TABLE clients ADD COLUMN jwks {json};
CREATE TABLE client_assertions (
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  client_id {uuid} NOT NULL REFERENCES clients (id),
  jti_digest {bytes} NOT NULL,
  expires_at {instant} NOT NULL,
  CONSTRAINT client_assertions_key PRIMARY KEY (client_id, jti_digest)
);
CREATE INDEX client_assertions_by_age ON client_assertions (expires_at);
CREATE TABLE revocations (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  revoked_at {instant} NOT NULL,
  expires_at {instant} NOT NULL
);
CREATE INDEX revocations_by_age ON revocations (expires_at);
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

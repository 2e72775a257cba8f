//! Workspaces, the OAuth clients that act in them, and the keys that sign access tokens.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE workspaces (
  id {uuid} PRIMARY KEY,
  name text NOT NULL,
  phone_region text NOT NULL,
  zone text NOT NULL,
  created_at {instant} NOT NULL
);
CREATE TABLE hosts (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  name text NOT NULL,
  email text NOT NULL,
  schedule {json} NOT NULL,
  routing {json} NOT NULL,
  crm_owner_id text,
  active {bool} NOT NULL,
  last_assigned_at {instant},
  created_at {instant} NOT NULL
);
CREATE INDEX hosts_of_workspace ON hosts (workspace_id, id);
CREATE TABLE clients (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  name text NOT NULL,
  secret_digest {bytes} NOT NULL,
  scopes text NOT NULL,
  host_id {uuid} REFERENCES hosts (id),
  created_at {instant} NOT NULL
);
CREATE TABLE signing_keys (
  kid text PRIMARY KEY,
  sealed {bytes} NOT NULL,
  created_at {instant} NOT NULL
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

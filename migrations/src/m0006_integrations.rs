//! Connections to other systems, what came in through them, and which of their records stand for ours.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE connections (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  provider text NOT NULL,
  name text NOT NULL,
  base_url text,
  status text NOT NULL,
  sealed_secrets {bytes} NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX connections_of_workspace ON connections (workspace_id, provider);
CREATE TABLE submissions (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  connection_id {uuid} REFERENCES connections (id),
  delivery_id text,
  signature text,
  form {json} NOT NULL,
  state text NOT NULL,
  correlation text NOT NULL,
  received_at {instant} NOT NULL,
  processed_at {instant},
  contact_id {uuid} REFERENCES contacts (id),
  decision_id {uuid} REFERENCES routing_decisions (id),
  meeting_type_id {uuid} REFERENCES meeting_types (id),
  CONSTRAINT submissions_delivery_is_unique UNIQUE (connection_id, delivery_id),
  CONSTRAINT submissions_signature_is_unique UNIQUE (connection_id, signature)
);
CREATE TABLE entity_links (
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  connection_id {uuid} NOT NULL REFERENCES connections (id),
  entity text NOT NULL,
  external_id text NOT NULL,
  version bigint NOT NULL,
  contact_id {uuid} NOT NULL REFERENCES contacts (id),
  updated_at {instant} NOT NULL,
  CONSTRAINT entity_links_key PRIMARY KEY (connection_id, entity)
);
CREATE INDEX entity_links_of_entity ON entity_links (workspace_id, entity);
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

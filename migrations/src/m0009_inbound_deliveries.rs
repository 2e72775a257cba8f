//! What came in by webhook and is no form, or does not fit its schema: kept as it came, its body sealed.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE inbound_deliveries (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  connection_id {uuid} NOT NULL REFERENCES connections (id),
  delivery_id text,
  replay_key text,
  state text NOT NULL,
  headers {json} NOT NULL,
  sealed_body {bytes} NOT NULL,
  violations {json} NOT NULL,
  correlation text NOT NULL,
  received_at {instant} NOT NULL,
  resolution {json},
  CONSTRAINT inbound_deliveries_id_is_unique UNIQUE (connection_id, delivery_id),
  CONSTRAINT inbound_deliveries_replay_key_is_unique UNIQUE (connection_id, replay_key)
);
CREATE INDEX inbound_deliveries_by_state ON inbound_deliveries (workspace_id, state, id);
CREATE INDEX inbound_deliveries_by_age ON inbound_deliveries (received_at) WHERE state <> 'quarantined';
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

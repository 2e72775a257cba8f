//! What became of the requests to each connection, by the hour.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE inbound_traffic (
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  connection_id {uuid} NOT NULL REFERENCES connections (id),
  hour {instant} NOT NULL,
  outcome text NOT NULL,
  count bigint NOT NULL,
  last_at {instant} NOT NULL,
  CONSTRAINT inbound_traffic_key PRIMARY KEY (connection_id, hour, outcome)
);
CREATE INDEX inbound_traffic_by_age ON inbound_traffic (hour);
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

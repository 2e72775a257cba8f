//! Replays of events to endpoints, behind live ones; hours and rates of endpoints; what cannot be read is set
//! aside.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE replays (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  endpoint_id {uuid} NOT NULL,
  selection {json} NOT NULL,
  dry_run {bool} NOT NULL,
  state text NOT NULL,
  first bigint NOT NULL,
  scanned bigint NOT NULL,
  through bigint NOT NULL,
  matched bigint NOT NULL,
  enqueued bigint NOT NULL,
  created_at {instant} NOT NULL,
  finished_at {instant}
);
CREATE INDEX replays_of_workspace ON replays (workspace_id, id);
CREATE INDEX replays_running ON replays (id) WHERE state = 'running';
ALTER TABLE deliveries ADD COLUMN replay_id {uuid};
CREATE INDEX deliveries_of_replay ON deliveries (workspace_id, replay_id, state) WHERE replay_id IS NOT NULL;
ALTER TABLE lanes ADD COLUMN behind {bool} NOT NULL DEFAULT FALSE;
DROP INDEX lanes_ready;
CREATE INDEX lanes_ready ON lanes (workspace_id, destination, behind, wake_at, id) WHERE ready;
ALTER TABLE webhook_endpoints ADD COLUMN delivery_hours {json};
ALTER TABLE destinations ADD COLUMN rate_per_second integer;
ALTER TABLE destinations ADD COLUMN next_send_at {instant};
ALTER TABLE events ADD COLUMN set_aside text;
DROP INDEX events_without_position;
CREATE INDEX events_without_position ON events (seq) WHERE position IS NULL AND set_aside IS NULL;
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

//! Lanes and destinations as rows of their own: what is due is found in one step, however much waits.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE lanes (
  id {serial},
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  destination {key} NOT NULL,
  lane text NOT NULL,
  ready {bool} NOT NULL,
  wake_at {instant} NOT NULL,
  claim {uuid},
  blocked_by {uuid},
  CONSTRAINT lanes_are_unique UNIQUE (workspace_id, destination, lane)
);
INSERT INTO lanes (workspace_id, destination, lane, ready, wake_at)
  SELECT workspace_id, destination, lane, FALSE, min(next_attempt_at) FROM deliveries
  WHERE state = 'pending' GROUP BY workspace_id, destination, lane;
CREATE INDEX lanes_ready ON lanes (workspace_id, destination, wake_at, id) WHERE ready;
CREATE INDEX lanes_asleep ON lanes (wake_at) WHERE NOT ready AND blocked_by IS NULL;
CREATE TABLE destinations (
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  id {key} NOT NULL,
  failures integer NOT NULL,
  open_until {instant},
  on_death text NOT NULL,
  CONSTRAINT destinations_key PRIMARY KEY (workspace_id, id)
);
DROP INDEX deliveries_due;
DROP INDEX deliveries_in_lane;
CREATE INDEX deliveries_in_lane ON deliveries (workspace_id, destination, lane, position, id) WHERE state = 'pending';
CREATE INDEX deliveries_dead ON deliveries (workspace_id, destination) WHERE state IN ('dead', 'parked');
CREATE INDEX lanes_blocked ON lanes (workspace_id, blocked_by) WHERE blocked_by IS NOT NULL;
ALTER TABLE deliveries DROP COLUMN claimed_until;
ALTER TABLE deliveries DROP COLUMN claim;
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

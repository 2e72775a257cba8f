//! The event log, its places, the deliveries it leads to, and the stored answers of commands.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE events (
  seq {serial},
  id {uuid} NOT NULL UNIQUE,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  position bigint,
  type text NOT NULL,
  entity text NOT NULL,
  fact {json} NOT NULL,
  actor {json} NOT NULL,
  correlation text NOT NULL,
  occurred_at {instant} NOT NULL,
  CONSTRAINT events_position_is_unique UNIQUE (workspace_id, position)
);
CREATE INDEX events_without_position ON events (seq) WHERE position IS NULL;
CREATE INDEX events_by_correlation ON events (workspace_id, correlation);
CREATE INDEX events_by_entity ON events (workspace_id, entity, position);
CREATE TABLE event_positions (
  workspace_id {uuid} PRIMARY KEY REFERENCES workspaces (id),
  position bigint NOT NULL
);
CREATE TABLE deliveries (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  destination text NOT NULL,
  lane text NOT NULL,
  job {json} NOT NULL,
  position bigint NOT NULL,
  state text NOT NULL,
  attempts integer NOT NULL,
  next_attempt_at {instant} NOT NULL,
  claimed_until {instant},
  claim {uuid},
  last_error text,
  correlation text NOT NULL,
  created_at {instant} NOT NULL,
  finished_at {instant}
);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE state = 'pending';
CREATE INDEX deliveries_in_lane ON deliveries (destination, lane, position) WHERE state = 'pending';
CREATE INDEX deliveries_by_state ON deliveries (workspace_id, state, id);
CREATE TABLE answers (
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  actor text NOT NULL,
  idempotency_key text NOT NULL,
  fingerprint text NOT NULL,
  answer text,
  created_at {instant} NOT NULL,
  CONSTRAINT answers_key PRIMARY KEY (workspace_id, actor, idempotency_key)
);
CREATE INDEX answers_by_age ON answers (created_at);
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

//! The offer and the reserved time. The database is the last judge of double bookings.

use sea_orm_migration::prelude::*;

use crate::dialect::{run, run_on_postgres, run_on_sqlite};

const TABLES: &str = "
CREATE TABLE meeting_types (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  slug text NOT NULL,
  name text NOT NULL,
  rules {json} NOT NULL,
  hosts {json} NOT NULL,
  location text,
  active {bool} NOT NULL,
  created_at {instant} NOT NULL,
  CONSTRAINT meeting_types_slug_is_unique UNIQUE (workspace_id, slug)
);
CREATE TABLE busy_times (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  host_id {uuid} NOT NULL REFERENCES hosts (id),
  starts_at {instant} NOT NULL,
  ends_at {instant} NOT NULL,
  created_at {instant} NOT NULL,
  CONSTRAINT busy_times_run_forward CHECK (starts_at <= ends_at)
);
CREATE INDEX busy_times_of_host ON busy_times (workspace_id, host_id, starts_at);
CREATE TABLE holds (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  meeting_type_id {uuid} NOT NULL REFERENCES meeting_types (id),
  host_id {uuid} NOT NULL REFERENCES hosts (id),
  starts_at {instant} NOT NULL,
  ends_at {instant} NOT NULL,
  owner {json} NOT NULL,
  expires_at {instant} NOT NULL
);
CREATE TABLE reservations (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  host_id {uuid} NOT NULL REFERENCES hosts (id),
  meeting_type_id {uuid} NOT NULL REFERENCES meeting_types (id),
  taken_by {uuid} NOT NULL,
  is_hold {bool} NOT NULL,
  starts_at {instant} NOT NULL,
  ends_at {instant} NOT NULL,
  buffer_before_minutes bigint NOT NULL,
  buffer_after_minutes bigint NOT NULL,
  blocked_from {instant} NOT NULL,
  blocked_until {instant} NOT NULL,
  expires_at {instant},
  CONSTRAINT reservations_run_forward CHECK (starts_at < ends_at AND blocked_from <= starts_at AND ends_at <= blocked_until)
);
CREATE INDEX reservations_of_host ON reservations (workspace_id, host_id, blocked_from);
CREATE INDEX reservations_taken_by ON reservations (taken_by);
";

const POSTGRES: &str = "
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE reservations ADD CONSTRAINT reservations_do_not_overlap
  EXCLUDE USING gist (host_id WITH =, tstzrange(blocked_from, blocked_until, '[)') WITH &&);
";

const SQLITE: &str = "
CREATE TRIGGER reservations_do_not_overlap BEFORE INSERT ON reservations
WHEN EXISTS (
  SELECT 1 FROM reservations other
  WHERE other.host_id = NEW.host_id
    AND other.blocked_from < NEW.blocked_until AND NEW.blocked_from < other.blocked_until
)
BEGIN SELECT RAISE(ABORT, 'reservations_do_not_overlap'); END;
CREATE TRIGGER reservations_never_move BEFORE UPDATE ON reservations
BEGIN SELECT RAISE(ABORT, 'reservations_never_move'); END;
";

/// This step.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await?;
        run_on_postgres(manager, POSTGRES).await?;
        run_on_sqlite(manager, SQLITE).await
    }
}

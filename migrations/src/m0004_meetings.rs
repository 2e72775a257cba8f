//! Meetings.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE meetings (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  contact_id {uuid} NOT NULL REFERENCES contacts (id),
  meeting_type_id {uuid} NOT NULL REFERENCES meeting_types (id),
  host_id {uuid} NOT NULL REFERENCES hosts (id),
  title text NOT NULL,
  starts_at {instant} NOT NULL,
  ends_at {instant} NOT NULL,
  contact_zone text NOT NULL,
  host_zone text NOT NULL,
  status text NOT NULL,
  location text,
  calendar_uid text NOT NULL,
  sequence integer NOT NULL,
  attribution {json} NOT NULL,
  note text,
  cancel_reason text,
  booked_at {instant} NOT NULL,
  updated_at {instant} NOT NULL,
  version bigint NOT NULL,
  CONSTRAINT meetings_calendar_uid_is_unique UNIQUE (workspace_id, calendar_uid)
);
CREATE INDEX meetings_by_id ON meetings (workspace_id, id);
CREATE INDEX meetings_of_host ON meetings (workspace_id, host_id, starts_at);
CREATE INDEX meetings_of_contact ON meetings (workspace_id, contact_id);
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

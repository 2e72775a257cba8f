//! Webhooks going out: where partners are told of events, and every attempt to reach them.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE webhook_endpoints (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  url text NOT NULL,
  description text,
  filter {json} NOT NULL,
  header_names {json} NOT NULL,
  timeout_seconds integer NOT NULL,
  rate_per_second integer,
  status text NOT NULL,
  disabled_reason text,
  verified_at {instant},
  failures integer NOT NULL,
  failing_since {instant},
  sealed_secrets {bytes} NOT NULL,
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX webhook_endpoints_of_workspace ON webhook_endpoints (workspace_id, status);
CREATE TABLE webhook_attempts (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  endpoint_id {uuid} NOT NULL,
  delivery_id {uuid} NOT NULL,
  event_id {uuid} NOT NULL,
  kind text NOT NULL,
  started_at {instant} NOT NULL,
  duration_milliseconds bigint NOT NULL,
  delivered {bool} NOT NULL,
  status integer,
  error text,
  request_headers {json} NOT NULL,
  request_body text NOT NULL,
  response_body text
);
CREATE INDEX webhook_attempts_of_endpoint ON webhook_attempts (workspace_id, endpoint_id, id);
CREATE INDEX webhook_attempts_by_age ON webhook_attempts (started_at);
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

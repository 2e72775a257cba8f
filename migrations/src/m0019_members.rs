//! Members with passwords and sessions, and what they allow clients: grants with their codes and refresh tokens.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
ALTER TABLE clients ADD COLUMN redirect_uris {json};
CREATE TABLE members (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  email text NOT NULL,
  name text NOT NULL,
  scopes text NOT NULL,
  host_id {uuid} REFERENCES hosts (id),
  password_hash text NOT NULL,
  failures integer NOT NULL,
  locked_until {instant},
  created_at {instant} NOT NULL,
  CONSTRAINT members_email UNIQUE (workspace_id, email)
);
CREATE TABLE member_sessions (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  member_id {uuid} NOT NULL REFERENCES members (id),
  secret_digest {bytes} NOT NULL,
  created_at {instant} NOT NULL,
  expires_at {instant} NOT NULL,
  CONSTRAINT member_sessions_secret UNIQUE (secret_digest)
);
CREATE INDEX member_sessions_of_member ON member_sessions (workspace_id, member_id);
CREATE INDEX member_sessions_by_age ON member_sessions (expires_at);
CREATE TABLE grants (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  client_id {uuid} NOT NULL REFERENCES clients (id),
  member_id {uuid} NOT NULL REFERENCES members (id),
  scopes text NOT NULL,
  redirect_uri text NOT NULL,
  code_digest {bytes} NOT NULL,
  code_challenge text NOT NULL,
  created_at {instant} NOT NULL,
  ends_at {instant} NOT NULL,
  redeemed_at {instant},
  revoked_at {instant},
  CONSTRAINT grants_code UNIQUE (code_digest)
);
CREATE INDEX grants_of_member ON grants (workspace_id, member_id);
CREATE INDEX grants_by_age ON grants (ends_at);
CREATE TABLE refresh_tokens (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  grant_id {uuid} NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
  parent_id {uuid},
  digest {bytes} NOT NULL,
  created_at {instant} NOT NULL,
  used_at {instant},
  CONSTRAINT refresh_tokens_digest UNIQUE (digest)
);
CREATE INDEX refresh_tokens_of_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_of_parent ON refresh_tokens (workspace_id, parent_id);
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

//! Contacts and what is known, scored and decided about them.

use sea_orm_migration::prelude::*;

use crate::dialect::run;

const TABLES: &str = "
CREATE TABLE accounts (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  match_key text NOT NULL,
  account {json} NOT NULL,
  created_at {instant} NOT NULL,
  CONSTRAINT accounts_match_key_is_unique UNIQUE (workspace_id, match_key)
);
CREATE TABLE contacts (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  email text,
  phone text,
  name_company_key text,
  details {json} NOT NULL,
  account_id {uuid} REFERENCES accounts (id),
  owner_id {uuid} REFERENCES hosts (id),
  lifecycle text NOT NULL,
  attribution {json} NOT NULL,
  score integer,
  score_version integer,
  mql_at {instant},
  created_at {instant} NOT NULL,
  updated_at {instant} NOT NULL,
  version bigint NOT NULL
);
CREATE INDEX contacts_by_email ON contacts (workspace_id, email);
CREATE INDEX contacts_by_phone ON contacts (workspace_id, phone);
CREATE INDEX contacts_by_name_and_company ON contacts (workspace_id, name_company_key);
CREATE INDEX contacts_by_id ON contacts (workspace_id, id);
CREATE INDEX contacts_by_owner ON contacts (workspace_id, owner_id);
CREATE TABLE activities (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  contact_id {uuid} NOT NULL REFERENCES contacts (id),
  kind text NOT NULL,
  occurred_at {instant} NOT NULL,
  attribution {json} NOT NULL,
  properties {json} NOT NULL
);
CREATE INDEX activities_of_contact ON activities (workspace_id, contact_id, occurred_at);
CREATE TABLE consent_records (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  contact_id {uuid} NOT NULL REFERENCES contacts (id),
  record {json} NOT NULL,
  consented_at {instant} NOT NULL
);
CREATE INDEX consent_records_of_contact ON consent_records (workspace_id, contact_id, consented_at);
CREATE TABLE scoring_models (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  version integer NOT NULL,
  model {json} NOT NULL,
  created_at {instant} NOT NULL,
  CONSTRAINT scoring_models_version_is_unique UNIQUE (workspace_id, version)
);
CREATE TABLE routing_rules (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  version integer NOT NULL,
  rules {json} NOT NULL,
  created_at {instant} NOT NULL,
  CONSTRAINT routing_rules_version_is_unique UNIQUE (workspace_id, version)
);
CREATE TABLE routing_decisions (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  contact_id {uuid} NOT NULL REFERENCES contacts (id),
  owner_id {uuid} REFERENCES hosts (id),
  decision {json} NOT NULL,
  decided_at {instant} NOT NULL
);
CREATE INDEX routing_decisions_of_contact ON routing_decisions (workspace_id, contact_id, decided_at);
CREATE TABLE tasks (
  id {uuid} PRIMARY KEY,
  workspace_id {uuid} NOT NULL REFERENCES workspaces (id),
  contact_id {uuid} NOT NULL REFERENCES contacts (id),
  owner_id {uuid} REFERENCES hosts (id),
  subject text NOT NULL,
  due_at {instant} NOT NULL,
  created_at {instant} NOT NULL
);
CREATE INDEX tasks_of_contact ON tasks (workspace_id, contact_id);
CREATE INDEX tasks_of_owner ON tasks (workspace_id, owner_id, created_at);
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

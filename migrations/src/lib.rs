//! The schema of the stores, one file per step, for SQLite and PostgreSQL from the same text.
//!
//! Steps are written as SQL with a handful of type words (`{uuid}`, `{json}`, `{instant}`, …) that each engine spells
//! its own way: the statements stay readable, and constraints keep the names that `persistence` maps errors by.
//! Where one engine needs a statement of its own, the step says so.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod dialect;
mod m0001_workspaces;
mod m0002_scheduling;
mod m0003_leads;
mod m0004_meetings;
mod m0005_events;
mod m0006_integrations;
mod m0007_lanes;
mod m0008_webhook_endpoints;
mod m0009_inbound_deliveries;
mod m0010_event_retention;
mod m0012_counted_under_locks;
mod m0013_inbound_traffic;
mod m0014_replays;
mod m0015_assignments;
mod m0016_collation;
mod m0017_endpoint_rates;
mod m0018_client_authentication;
mod m0019_members;
mod m0020_signing_key_terms;
mod m0021_heads;
mod m0022_finer_scopes;
mod m0023_page_tokens;
mod m0024_trusted_issuers;
mod m0026_client_access;
mod m0028_reading_the_log;

/// Runs the steps in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_workspaces::Migration),
            Box::new(m0002_scheduling::Migration),
            Box::new(m0003_leads::Migration),
            Box::new(m0004_meetings::Migration),
            Box::new(m0005_events::Migration),
            Box::new(m0006_integrations::Migration),
            Box::new(m0007_lanes::Migration),
            Box::new(m0008_webhook_endpoints::Migration),
            Box::new(m0009_inbound_deliveries::Migration),
            Box::new(m0010_event_retention::Migration),
            Box::new(m0012_counted_under_locks::Migration),
            Box::new(m0013_inbound_traffic::Migration),
            Box::new(m0014_replays::Migration),
            Box::new(m0015_assignments::Migration),
            Box::new(m0016_collation::Migration),
            Box::new(m0017_endpoint_rates::Migration),
            Box::new(m0018_client_authentication::Migration),
            Box::new(m0019_members::Migration),
            Box::new(m0020_signing_key_terms::Migration),
            Box::new(m0021_heads::Migration),
            Box::new(m0022_finer_scopes::Migration),
            Box::new(m0023_page_tokens::Migration),
            Box::new(m0024_trusted_issuers::Migration),
            Box::new(m0026_client_access::Migration),
            Box::new(m0028_reading_the_log::Migration),
        ]
    }
}

//! A store of its own for each test, with a workspace that has a host, an offer and a contact.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use domain::contacts::{Contact, CountryCode};
use domain::ids::{ContactId, IdSource, WorkspaceId};
use domain::meetings::MeetingType;
use domain::operation::{Edge, Operation};
use domain::time::Zone;
use domain::workspaces::{Host, RoutingProfile, Workspace};
use persistence::{Database, Tx, availability, contacts, workspaces};
use sqlx::Connection as _;

/// A store that goes with the test: SQLite's with its folder, PostgreSQL's with the test run's server.
pub struct Store {
    pub database: Database,
    pub edge: Edge,
    pub workspace: WorkspaceId,
    pub host: Host,
    pub offer: MeetingType,
    pub contact: ContactId,
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Store {
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("meridian.db").display());
        Self::at(url, Some(folder)).await
    }

    pub async fn on_postgres() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let server = variable("MERIDIAN_TEST_POSTGRES_URL");
        let name = format!("store_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut admin = sqlx::PgConnection::connect(&server).await.expect("the test run's PostgreSQL answers");
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
        let (host, _) = server.rsplit_once('/').expect("the URL ends in the name of a database");
        Self::at(format!("{host}/{name}"), None).await
    }

    async fn at(url: String, folder: Option<tempfile::TempDir>) -> Self {
        let database = Database::connect(&url, 5).await.unwrap();
        assert!(!database.is_migrated().await.unwrap(), "an empty store has no schema");
        database.migrate().await.unwrap();
        let counter = Arc::new(AtomicU64::new(1));
        let ids = IdSource::new(move |_| uuid::Uuid::from_u128(counter.fetch_add(1, Ordering::Relaxed).into()));
        let edge = Edge::new(|| instant("2026-03-02T09:00:00Z"), ids);
        let host = Host {
            id: edge.new_id(),
            name: "Hedy".to_owned(),
            email: "hedy@example.com".to_owned(),
            schedule: serde_json::from_value(serde_json::json!({ "zone": "UTC", "weekly": [] })).unwrap(),
            routing: RoutingProfile::default(),
            crm_owner_id: None,
            active: true,
            last_assigned_at: None,
        };
        let rules = serde_json::json!({
            "duration_minutes": 1440, "buffer_before_minutes": 1440, "buffer_after_minutes": 1440
        });
        let offer = MeetingType {
            id: edge.new_id(),
            slug: "intro".to_owned(),
            name: "Intro".to_owned(),
            rules: serde_json::from_value(rules).unwrap(),
            hosts: vec![host.id],
            location: None,
            active: true,
        };
        assert!(offer.rules.validate().is_empty(), "the longest offer there can be");
        let (workspace, contact) = (edge.new_id(), edge.new_id());
        let store = Self { database, edge, workspace, host, offer, contact, url, _folder: folder };
        store.seed().await;
        store
    }

    async fn seed(&self) {
        self.add_workspace(self.workspace).await;
        let tx = self.begin().await;
        availability::insert_host(&tx, &self.host, self.edge.now()).await.unwrap();
        availability::insert_meeting_type(&tx, &self.offer, self.edge.now()).await.unwrap();
        contacts::insert_contact(&tx, &Contact::blank(self.contact, self.edge.now())).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn add_workspace(&self, id: WorkspaceId) {
        let (zone, phone_region) = (Zone::utc(), CountryCode::parse("GB").unwrap());
        let workspace = Workspace { id, name: "Acme".to_owned(), phone_region, zone };
        let tx = self.database.begin(id).await.unwrap();
        workspaces::insert(&tx, &workspace, &self.edge).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn begin(&self) -> Tx {
        self.database.begin(self.workspace).await.unwrap()
    }

    pub fn operation(&self, workspace: WorkspaceId) -> Operation {
        self.edge.system(workspace, self.edge.correlation())
    }
}

pub fn instant(text: &str) -> DateTime<Utc> {
    DateTime::from_str(text).unwrap()
}

pub fn variable(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "the test run's own configuration, read by no product code")]
    let value = std::env::var(name);
    value.unwrap_or_else(|_| panic!("{name} must be set; `cargo xtask test` sets it"))
}

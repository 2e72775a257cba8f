//! What tests within this crate stand on: the API on an SQLite file of its own, at a time that they choose.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta};
use commands::Stores;
use domain::contacts::CountryCode;
use domain::ids::{IdSource, WorkspaceId};
use domain::operation::Edge;
use domain::time::Zone;
use domain::webhooks::endpoint::AddressPolicy;
use domain::workspaces::{Documents, Workspace};
use persistence::bus::Bus;
use persistence::{Database, Sealer, workspaces};
use uuid::Uuid;

use crate::{Api, ApiConfig, Limits, ServingConfig};

/// Nothing is fetched here.
struct NoDocuments;

#[async_trait::async_trait]
impl Documents for NoDocuments {
    async fn fetch(&self, url: &str) -> Result<serde_json::Value, String> {
        Err(format!("{url} is not asked for in these tests"))
    }
}

/// An API with one workspace. Ids are counted.
pub(crate) struct Stage {
    pub api: Api,
    pub workspace: WorkspaceId,
    now: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::connect(&format!("sqlite:{}/m.db", folder.path().display()), 2).await.unwrap();
        database.migrate().await.unwrap();
        let (counter, now) = (AtomicU64::new(1), Arc::new(AtomicI64::new(0)));
        let clock = Arc::clone(&now);
        let ids = IdSource::new(move |_| Uuid::from_u128(counter.fetch_add(1, Ordering::Relaxed).into()));
        let edge = Edge::new(move || DateTime::UNIX_EPOCH + TimeDelta::seconds(clock.load(Ordering::Relaxed)), ids);
        let workspace = edge.new_id();
        let tx = database.begin(workspace).await.unwrap();
        let (zone, phone_region) = (Zone::utc(), CountryCode::parse("GB").unwrap());
        let row = Workspace { id: workspace, name: "Acme".to_owned(), phone_region, zone };
        workspaces::insert(&tx, &row, &edge).await.unwrap();
        tx.commit().await.unwrap();
        let config = ApiConfig {
            public_url: "http://m.example".to_owned(),
            secret: [7; 32],
            sandbox: None,
            webhooks: AddressPolicy::PublicOnly,
            new_secret: String::new,
            new_signing_secret: |_| String::new(),
            documents: Arc::new(NoDocuments),
            serving: ServingConfig::default(),
            limits: Limits::default(),
        };
        let stores = Stores { database, bus: Bus::in_process() };
        let api = Api { stores, sealer: Sealer::new(&[7; 32], || [9; 24]), edge, config };
        Self { api, workspace, now, _folder: folder }
    }

    /// Lets time pass.
    pub(crate) fn wait(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }
}

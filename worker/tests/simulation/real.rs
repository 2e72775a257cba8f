//! A real store, asked what the model is asked.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::contacts::CountryCode;
use domain::ids::{DeliveryId, EntityId, IdSource, WorkspaceId};
use domain::integrations::{self, Job, OnDeath};
use domain::operation::{CorrelationId, Edge};
use domain::time::Zone;
use domain::workspaces::Workspace;
use persistence::Database;
use persistence::deliveries::{self, Claim, ClaimedDelivery, Ending, ReadyDestination};
use sqlx::Connection as _;
use uuid::Uuid;

use crate::store::{Claimed, Delivery, End, LaneKey, RUN, Snapshot, Store};

pub struct Real {
    database: Database,
    claims: HashMap<(u128, u128), ClaimedDelivery>,
    /// Which workspace a delivery belongs to.
    made: BTreeMap<u128, WorkspaceId>,
    _folder: Option<tempfile::TempDir>,
}

impl Real {
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("meridian.db").display());
        Self::at(&url, Some(folder)).await
    }

    /// A database of its own on the test run's server, which goes with the server.
    pub async fn on_postgres() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        #[expect(clippy::disallowed_methods, reason = "the test run's own configuration, read by no product code")]
        let server = std::env::var("MERIDIAN_TEST_POSTGRES_URL").expect("`cargo xtask test` provides a PostgreSQL");
        let name = format!("lanes_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut admin = sqlx::PgConnection::connect(&server).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
        let (host, _) = server.rsplit_once('/').expect("the URL ends in the name of a database");
        Self::at(&format!("{host}/{name}"), None).await
    }

    async fn at(url: &str, folder: Option<tempfile::TempDir>) -> Self {
        let database = Database::connect(url, 2).await.unwrap();
        database.migrate().await.unwrap();
        let edge = Edge::new(|| DateTime::UNIX_EPOCH, IdSource::new(|_| Uuid::from_u128(1)));
        for id in (1..=2).map(|number| WorkspaceId::from_uuid(Uuid::from_u128(number))) {
            let phone_region = CountryCode::parse("GB").unwrap();
            let workspace = Workspace { id, name: "Acme".to_owned(), phone_region, zone: Zone::utc() };
            let tx = database.begin(id).await.unwrap();
            persistence::workspaces::insert(&tx, &workspace, &edge).await.unwrap();
            tx.commit().await.unwrap();
        }
        Self { database, claims: HashMap::new(), made: BTreeMap::new(), _folder: folder }
    }
}

fn delivery_id(id: u128) -> DeliveryId {
    DeliveryId::from_uuid(Uuid::from_u128(id))
}

fn seen(workspace: WorkspaceId, one: &integrations::Delivery) -> Delivery {
    Delivery {
        id: one.id.uuid().as_u128(),
        key: LaneKey { workspace, destination: one.job.destination(), lane: one.job.lane() },
        position: one.position,
        state: one.state,
        attempts: one.attempts,
        next_attempt_at: one.next_attempt_at,
    }
}

#[async_trait(?Send)]
impl Store for Real {
    async fn enqueue(&mut self, deliveries: &[Delivery]) {
        let workspace = deliveries[0].key.workspace;
        let rows: Vec<integrations::Delivery> = deliveries
            .iter()
            .map(|one| integrations::Delivery {
                id: delivery_id(one.id),
                job: Job::SyncContact {
                    connection: one.key.destination.parse().unwrap(),
                    contact: one.key.lane.parse().unwrap(),
                },
                position: one.position,
                state: one.state,
                attempts: one.attempts,
                next_attempt_at: one.next_attempt_at,
                last_error: None,
                correlation: CorrelationId::parse("simulation").unwrap(),
                created_at: one.next_attempt_at,
            })
            .collect();
        let tx = self.database.begin_system().await.unwrap();
        deliveries::enqueue(&tx, workspace, &rows).await.unwrap();
        tx.commit().await.unwrap();
        self.made.extend(deliveries.iter().map(|one| (one.id, workspace)));
    }

    async fn wake(&mut self, now: DateTime<Utc>) {
        let tx = self.database.begin_system().await.unwrap();
        deliveries::wake_lanes(&tx, now, 1000).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn ready(&mut self, now: DateTime<Utc>) -> Vec<ReadyDestination> {
        let tx = self.database.begin_system().await.unwrap();
        // In two steps, so that going on behind a destination is tried too.
        let mut ready = deliveries::ready_destinations(&tx, None, 1, now).await.unwrap();
        if let Some(first) = ready.first() {
            let after = (first.workspace, first.id.clone());
            ready.extend(deliveries::ready_destinations(&tx, Some(&after), 64, now).await.unwrap());
        }
        ready
    }

    async fn claim(
        &mut self,
        destination: &ReadyDestination,
        limit: usize,
        token: u128,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<Vec<Claimed>> {
        let tx = self.database.begin_system().await.unwrap();
        let (lanes, run) = (limit.try_into().unwrap(), RUN.try_into().unwrap());
        let ask = Claim { lanes, replays: 0, run, token: Uuid::from_u128(token), now, until, trial_until: until };
        let runs = deliveries::claim(&tx, destination, &ask).await.unwrap();
        tx.commit().await.unwrap();
        let mut claimed = |one: ClaimedDelivery| {
            let (on_death, trial) = (one.on_death, one.trial);
            let delivery = seen(one.workspace, &one.delivery);
            self.claims.insert((delivery.id, token), one);
            Claimed { delivery, token, on_death, trial }
        };
        runs.into_iter().map(|run| run.into_iter().map(&mut claimed).collect()).collect()
    }

    async fn settle(&mut self, ends: &[End], now: DateTime<Utc>) -> Vec<bool> {
        let ending = |at: usize| {
            let End { claimed, settlement, verdict, dice } = &ends[at];
            let claimed = &self.claims[&(claimed.delivery.id, claimed.token)];
            Ending { claimed, settlement, verdict: *verdict, dice: *dice, sent_to: None }
        };
        let endings: Vec<Ending<'_>> = (0..ends.len()).map(ending).collect();
        let tx = self.database.begin(endings[0].claimed.workspace).await.unwrap();
        let settled = deliveries::settle(&tx, &endings, now).await.unwrap();
        tx.commit().await.unwrap();
        settled
    }

    async fn prolong(&mut self, claimed: &Claimed, until: DateTime<Utc>) -> bool {
        let held = &self.claims[&(claimed.delivery.id, claimed.token)];
        deliveries::prolong(&self.database, held, until).await.unwrap()
    }

    async fn revive(&mut self, id: u128, now: DateTime<Utc>) -> bool {
        let tx = self.database.begin(self.made[&id]).await.unwrap();
        let revived = deliveries::revive(&tx, delivery_id(id), now).await.unwrap();
        tx.commit().await.unwrap();
        revived.is_some()
    }

    async fn discard(&mut self, id: u128, now: DateTime<Utc>) -> bool {
        let tx = self.database.begin(self.made[&id]).await.unwrap();
        let discarded = deliveries::discard(&tx, delivery_id(id), "No.", now).await.unwrap();
        tx.commit().await.unwrap();
        discarded.is_some()
    }

    async fn set_on_death(&mut self, workspace: WorkspaceId, destination: &str, on_death: OnDeath) {
        let tx = self.database.begin(workspace).await.unwrap();
        deliveries::set_on_death(&tx, destination, on_death).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn snapshot(&mut self) -> Snapshot {
        let (mut lanes, mut all) = (BTreeMap::new(), BTreeMap::new());
        for workspace in (1..=2).map(|number| WorkspaceId::from_uuid(Uuid::from_u128(number))) {
            for lane in deliveries::list_lanes(&self.database.reader(workspace), 1000).await.unwrap() {
                let key = LaneKey { workspace, destination: lane.destination, lane: lane.lane };
                lanes.insert(key, lane.blocked_by.is_some());
            }
        }
        for (&id, &workspace) in &self.made {
            let found = deliveries::find_delivery(&self.database.reader(workspace), delivery_id(id)).await.unwrap();
            all.insert(id, seen(workspace, &found.expect("deliveries stay")));
        }
        Snapshot { lanes, deliveries: all }
    }
}

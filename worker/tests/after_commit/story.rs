//! A seeded workspace in a store of its own: one host, one offer, one CRM connection; and a worker on it.

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use commands::Stores;
use domain::contacts::{Contact, CountryCode};
use domain::events::{Entry, Event, Fact};
use domain::ids::{ConnectionId, HostId, IdSource, MeetingTypeId, WorkspaceId};
use domain::integrations::{Connection, ConnectionSecrets, ConnectionStatus, Delivery, Provider};
use domain::meetings::{Agreement, Meeting, MeetingType, Transition, book};
use domain::operation::{CorrelationId, Edge, Operation};
use domain::routing::Task;
use domain::time::Zone;
use domain::workspaces::{Host, RoutingProfile, Workspace};
use persistence::bus::Bus;
use persistence::{Database, Sealer, Tx, availability, contacts, deliveries, events, integrations, meetings, routing};
use sqlx::Connection as _;
use worker::{Worker, WorkerConfig};

use crate::crm::{Only, ScriptedCrm};

/// One story's world. Dropping it drops the SQLite file; PostgreSQL's databases go with the test's server.
pub struct Story {
    pub worker: Worker,
    pub crm: Arc<ScriptedCrm>,
    pub workspace: WorkspaceId,
    pub connection: ConnectionId,
    pub offer: MeetingType,
    now: Arc<Mutex<DateTime<Utc>>>,
    place: Place,
}

/// Where a story's store is.
enum Place {
    /// A file that goes with its folder.
    Folder { folder: tempfile::TempDir },
    /// A database of the test run's server.
    Postgres { server: String, name: String },
}

impl Story {
    pub async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("meridian.db").display());
        Self::at(&url, Place::Folder { folder }).await
    }

    pub async fn on_postgres() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let server = postgres_server();
        let name = format!("worker_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        administer(&server, format!("CREATE DATABASE {name}")).await;
        let (host, _) = server.rsplit_once('/').expect("the URL ends in the name of a database");
        let url = format!("{host}/{name}");
        Self::at(&url, Place::Postgres { server, name }).await
    }

    /// A connection of the test's own to the story's database on PostgreSQL.
    pub async fn beside(&self) -> sqlx::PgConnection {
        let Place::Postgres { server, name } = &self.place else { panic!("a file has one writer") };
        let (host, _) = server.rsplit_once('/').expect("the URL ends in the name of a database");
        sqlx::PgConnection::connect(&format!("{host}/{name}")).await.unwrap()
    }

    /// PostgreSQL ends every connection to the story's database and takes no new ones.
    pub async fn shut_database(&self) {
        let Place::Postgres { server, name } = &self.place else { panic!("only a server can refuse connections") };
        // In two transactions: while the first is not committed, those that are ended come back.
        administer(server, format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")).await;
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        administer(server, end).await;
    }

    /// Ends [`Self::shut_database`].
    pub async fn open_database(&self) {
        let Place::Postgres { server, name } = &self.place else { panic!("only a server can refuse connections") };
        administer(server, format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")).await;
    }

    /// Runs statements that no Meridian would, as a disk or a person does.
    pub async fn damage(&self, sql: &'static str) {
        match &self.place {
            Place::Folder { folder } => {
                let url = format!("sqlite:{}", folder.path().join("meridian.db").display());
                let mut conn = sqlx::SqliteConnection::connect(&url).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
                conn.close().await.unwrap();
            }
            Place::Postgres { server, name } => {
                let (host, _) = server.rsplit_once('/').expect("the URL ends in the name of a database");
                administer(&format!("{host}/{name}"), sql.to_owned()).await;
            }
        }
    }

    async fn at(url: &str, place: Place) -> Self {
        let database = Database::connect(url, 12).await.unwrap();
        database.migrate().await.unwrap();
        let now = Arc::new(Mutex::new(DateTime::from_str("2026-03-02T09:00:00Z").unwrap()));
        let counter = Arc::new(AtomicU64::new(1));
        let ids = IdSource::new(move |_| uuid::Uuid::from_u128(counter.fetch_add(1, Ordering::Relaxed).into()));
        let clock = now.clone();
        let edge = Edge::new(move || *clock.lock().unwrap(), ids);
        let crm = ScriptedCrm::new();
        let worker = Worker {
            stores: Stores { database, bus: Bus::in_process() },
            sealer: Sealer::new(&[7; 32], || [9; 24]),
            connectors: Arc::new(Only(crm.clone())),
            dice: || 1.0,
            config: WorkerConfig { poll: Duration::from_millis(20), ..WorkerConfig::default() },
            edge,
        };
        let (workspace, connection) = (worker.edge.new_id(), worker.edge.new_id());
        let offer = offer(worker.edge.new_id(), worker.edge.new_id());
        let story = Self { worker, crm, workspace, connection, offer, now, place };
        story.seed().await;
        story
    }

    async fn seed(&self) {
        let now = self.now();
        let tx = self.begin().await;
        let (zone, phone_region) = (Zone::utc(), CountryCode::parse("GB").unwrap());
        let workspace = Workspace { id: self.workspace, name: "Acme".to_owned(), phone_region, zone };
        persistence::workspaces::insert(&tx, &workspace, &self.worker.edge).await.unwrap();
        availability::insert_host(&tx, &host(self.offer.hosts[0]), now).await.unwrap();
        availability::insert_meeting_type(&tx, &self.offer, now).await.unwrap();
        let connection = Connection {
            id: self.connection,
            provider: Provider::HubSpot,
            name: "CRM".to_owned(),
            base_url: None,
            status: ConnectionStatus::Active,
            created_at: now,
        };
        let secrets = ConnectionSecrets { access_token: Some("token".to_owned()), ..ConnectionSecrets::default() };
        integrations::insert_connection(&tx, &self.worker.sealer, &connection, &secrets).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.worker.edge.now()
    }

    pub fn advance(&self, by: TimeDelta) {
        *self.now.lock().unwrap() += by;
    }

    /// An operation of Meridian's own, with a correlation id of its own.
    pub fn operation(&self) -> Operation {
        self.worker.edge.system(self.workspace, self.worker.edge.correlation())
    }

    pub async fn begin(&self) -> Tx {
        self.worker.stores.database.begin(self.workspace).await.unwrap()
    }

    /// Does everything that is due now and returns what the CRM was asked, in order.
    pub async fn drain(&self) -> Vec<String> {
        self.worker.drain().await.unwrap();
        self.crm.asked()
    }

    /// A new contact with this given name.
    pub async fn meet(&self, name: &str) -> Contact {
        let operation = self.operation();
        let blank = Contact::blank(operation.new_id(), operation.now);
        let contact = Contact { given_name: Some(name.to_owned()), owner: Some(self.offer.hosts[0]), ..blank };
        let tx = self.begin().await;
        contacts::insert_contact(&tx, &contact).await.unwrap();
        let fact = Fact::ContactCreated { contact: contact.id, version: 1 };
        events::append(&tx, &operation, &fact).await.unwrap();
        tx.commit().await.unwrap();
        contact
    }

    /// The contact's next version, under this name.
    pub async fn rename(&self, contact: &Contact, name: &str) -> Contact {
        let contact = Contact { given_name: Some(name.to_owned()), version: contact.version + 1, ..contact.clone() };
        let tx = self.begin().await;
        contacts::replace_contact(&tx, &contact).await.unwrap();
        let fact = Fact::ContactUpdated { contact: contact.id, version: contact.version };
        events::append(&tx, &self.operation(), &fact).await.unwrap();
        tx.commit().await.unwrap();
        contact
    }

    /// A task about the contact.
    pub async fn assign(&self, contact: &Contact, subject: &str) -> Task {
        let operation = self.operation();
        let task = Task {
            id: operation.new_id(),
            contact: contact.id,
            owner: contact.owner,
            subject: subject.to_owned(),
            due_at: operation.now + TimeDelta::minutes(15),
            created_at: operation.now,
        };
        let tx = self.begin().await;
        routing::insert_task(&tx, &task).await.unwrap();
        let fact = Fact::TaskCreated { task: task.id, contact: contact.id, due_at: task.due_at };
        events::append(&tx, &operation, &fact).await.unwrap();
        tx.commit().await.unwrap();
        task
    }

    /// A meeting with the contact.
    pub async fn book(&self, contact: &Contact) -> Meeting {
        let operation = self.operation();
        let agreement = Agreement {
            id: operation.new_id(),
            contact: contact.id,
            host: self.offer.hosts[0],
            starts_at: operation.now + TimeDelta::days(1),
            contact_zone: Zone::utc(),
            host_zone: Zone::utc(),
            attribution: contact.attribution.clone(),
            note: None,
        };
        let decided = book(&operation.permit().unwrap(), &self.offer, agreement, operation.now);
        let tx = self.begin().await;
        meetings::insert_meeting(&tx, &decided.meeting).await.unwrap();
        events::append(&tx, &operation, &decided.fact).await.unwrap();
        tx.commit().await.unwrap();
        decided.meeting
    }

    /// Writes a transition that changes a meeting.
    pub async fn write(&self, transition: Transition) -> Meeting {
        let Transition::Changed(decided) = transition else { panic!("nothing changed: {transition:?}") };
        let tx = self.begin().await;
        meetings::replace_meeting(&tx, &decided.meeting).await.unwrap();
        events::append(&tx, &self.operation(), &decided.fact).await.unwrap();
        tx.commit().await.unwrap();
        decided.meeting
    }

    /// The whole log.
    pub async fn log(&self) -> Vec<Entry> {
        let reader = self.worker.stores.database.reader(self.workspace);
        events::list_events(&reader, &events::EventFilter::default(), 0, 10_000).await.unwrap()
    }

    /// What can be read of the log.
    pub async fn events(&self) -> Vec<Event> {
        self.log().await.iter().filter_map(|entry| entry.event().map(|event| Event::clone(event))).collect()
    }

    /// Confirmed writes, as "entity at version".
    pub async fn receipts(&self) -> Vec<String> {
        let receipt = |event: Event| match event.fact {
            Fact::CrmReceipt { entity, version, .. } => Some(format!("{} v{version}", &entity[..3])),
            _ => None,
        };
        self.events().await.into_iter().filter_map(receipt).collect()
    }

    /// The dead and the parked, newest first.
    pub async fn dead_letters(&self) -> Vec<Delivery> {
        let reader = self.worker.stores.database.reader(self.workspace);
        deliveries::list_dead_letters(&reader, &deliveries::DeadLetterFilter::default(), None, 100).await.unwrap()
    }

    pub async fn pending(&self) -> u64 {
        deliveries::count_pending(&self.worker.stores.database).await.unwrap()
    }

    pub async fn connection_status(&self) -> ConnectionStatus {
        let reader = self.worker.stores.database.reader(self.workspace);
        integrations::find_connection(&reader, self.connection).await.unwrap().unwrap().status
    }
}

/// A correlation id as a test writes it.
pub fn correlation(text: &str) -> CorrelationId {
    CorrelationId::parse(text).unwrap()
}

fn host(id: HostId) -> Host {
    Host {
        id,
        name: "Hedy".to_owned(),
        email: "hedy@example.com".to_owned(),
        schedule: serde_json::from_value(serde_json::json!({ "zone": "UTC", "weekly": [] })).unwrap(),
        routing: RoutingProfile::default(),
        crm_owner_id: Some("77".to_owned()),
        active: true,
        last_assigned_at: None,
    }
}

fn offer(id: MeetingTypeId, host: HostId) -> MeetingType {
    MeetingType {
        id,
        slug: "intro".to_owned(),
        name: "Intro".to_owned(),
        rules: serde_json::from_value(serde_json::json!({ "duration_minutes": 30 })).unwrap(),
        hosts: vec![host],
        location: Some("https://meet.example/intro".to_owned()),
        active: true,
    }
}

fn postgres_server() -> String {
    #[expect(clippy::disallowed_methods, reason = "the test run's own configuration, read by no product code")]
    let server = std::env::var("MERIDIAN_TEST_POSTGRES_URL");
    server.expect(
        "MERIDIAN_TEST_POSTGRES_URL must name a PostgreSQL server on which databases may be created; \
         `cargo xtask test` provides one",
    )
}

async fn administer(server: &str, sql: String) {
    let mut admin = sqlx::PgConnection::connect(server).await.expect("the test run's PostgreSQL answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
}

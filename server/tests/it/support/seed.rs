//! Stores for tests: a new file or a new database each, with the sandbox's two companies in it.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use commands::Stores;
use domain::ids::IdSource;
use domain::operation::Edge;
use domain::workspaces::secret_digest;
use persistence::bus::Bus;
use persistence::{Database, Sealer};
use sandbox::fakes::hubspot::{self, HubSpotFake, Settings};
use sandbox::{ClientSecret, DataDir, Ground, Manifest, Prepared, Sites, prepare};
use sqlx::Connection;
use tokio::net::TcpListener;
use uuid::Builder;

use super::Store;

/// What callers would use behind a load balancer: the same before and after a restart on another port.
const PUBLIC_URL: &str = "http://meridian.test";

/// Connections of each process. Enough for a queue of bookings, few enough for many tests on one server.
const CONNECTIONS: u32 = 10;

/// A store with everything in it, and the environment that leads a process to it.
pub struct Seeded {
    pub manifest: Manifest,
    pub database: Database,
    pub environment: Vec<(&'static str, String)>,
}

/// Makes a store, seeds it and serves its fake CRM for as long as the test runs.
pub async fn seed(store: Store, folder: &Path) -> Seeded {
    let dir = DataDir::open(folder, false).unwrap();
    let key = dir.secret_key(random).unwrap();
    let database_url = match store {
        Store::Sqlite => dir.database_url(),
        Store::Postgres => new_database().await,
    };
    let database = Database::connect(&database_url, 4).await.unwrap();
    database.migrate().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let fake_crm = format!("http://{}", listener.local_addr().unwrap());
    let sites = Sites { api: PUBLIC_URL.to_owned(), fake_crm };
    let stores = Stores { database: database.clone(), bus: Bus::in_process() };
    let (sealer, edge) = (Sealer::new(&key, random), edge());
    let ground = Ground { stores: &stores, sealer: &sealer, edge: &edge, client_secret, signing_secret };
    let prepared = prepare(&ground, &dir, &sites).await.unwrap();
    tokio::spawn(hubspot::serve(listener, fake_crm_of(&prepared, edge), std::future::pending()));
    let environment = environment(database_url, &key);
    Seeded { manifest: prepared.manifest, database, environment }
}

/// The store for a sandbox that seeds itself: its URL, and the arguments that lead the sandbox to it.
pub async fn sandbox_arguments(store: Store, folder: &Path) -> (String, Vec<String>) {
    let mut arguments = ["sandbox", "--port", "0", "--data-dir"].map(str::to_owned).to_vec();
    arguments.push(folder.display().to_string());
    let database_url = match store {
        Store::Sqlite => format!("sqlite:{}", folder.join("meridian.db").display()),
        Store::Postgres => {
            let url = new_database().await;
            arguments.extend(["--database-url".to_owned(), url.clone(), "--redis-url".to_owned(), redis_url()]);
            url
        }
    };
    (database_url, arguments)
}

/// The `sandbox.json` of a folder.
pub fn manifest(folder: &Path) -> Manifest {
    serde_json::from_slice(&std::fs::read(folder.join("sandbox.json")).unwrap()).unwrap()
}

/// The usual configuration of a process: short waits, so that tests need none of their own.
fn environment(database_url: String, key: &[u8; 32]) -> Vec<(&'static str, String)> {
    vec![
        ("MERIDIAN_DATABASE_URL", database_url),
        ("MERIDIAN_DATABASE_CONNECTIONS", CONNECTIONS.to_string()),
        ("MERIDIAN_SECRET_KEY", BASE64_STANDARD.encode(key)),
        ("MERIDIAN_LISTEN", "127.0.0.1:0".to_owned()),
        ("MERIDIAN_PUBLIC_URL", PUBLIC_URL.to_owned()),
        ("MERIDIAN_LOG__FILTER", "warn".to_owned()),
        // All tests come from one address, and those with Redis share their meters.
        ("MERIDIAN_LIMITS__TOKENS_BURST", "100000".to_owned()),
        ("MERIDIAN_LIMITS__SIGN_INS_BURST", "100000".to_owned()),
        // A test's receivers are on the machine that it runs on.
        ("MERIDIAN_WEBHOOKS_ALLOW_PRIVATE", "true".to_owned()),
        ("MERIDIAN_WORKER__POLL_MILLISECONDS", "100".to_owned()),
        ("MERIDIAN_WORKER__LEASE_SECONDS", "2".to_owned()),
        ("MERIDIAN_WORKER__ATTEMPT_TIMEOUT_SECONDS", "20".to_owned()),
        ("MERIDIAN_WORKER__BACKOFF_BASE_MILLISECONDS", "50".to_owned()),
        ("MERIDIAN_WORKER__BACKOFF_CAP_SECONDS", "1".to_owned()),
        ("MERIDIAN_WORKER__FINISH_WITHIN_SECONDS", "2".to_owned()),
    ]
}

fn fake_crm_of(prepared: &Prepared, edge: Edge) -> HubSpotFake {
    let settings = Settings { owners: prepared.crm.owners.clone(), ..Settings::new(prepared.crm.token.clone()) };
    HubSpotFake::open(settings, edge).unwrap()
}

async fn new_database() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let server = postgres_url();
    // The process id keeps two runs on one server apart.
    let name = format!("it_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
    let mut admin = sqlx::PgConnection::connect(&server).await.expect("the test run's PostgreSQL answers");
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let (address, _) = server.rsplit_once('/').expect("the URL names a database");
    format!("{address}/{name}")
}

/// The PostgreSQL server of this test run.
pub fn postgres_url() -> String {
    variable("MERIDIAN_TEST_POSTGRES_URL", "a PostgreSQL server on which databases may be created")
}

/// The Redis of this test run.
pub fn redis_url() -> String {
    variable("MERIDIAN_TEST_REDIS_URL", "a Redis server")
}

/// The program `redis-server`, for tests that stop and start one of their own.
pub fn redis_server_program() -> String {
    variable("MERIDIAN_TEST_REDIS_SERVER", "the program `redis-server`")
}

/// The Python that has the packages of `sandbox/tests/clients/requirements.txt`.
pub fn clients_python() -> String {
    variable("MERIDIAN_CLIENTS_PYTHON", "a Python with the official clients")
}

/// The folder whose `node_modules` has the packages of `sandbox/tests/clients/package.json`.
pub fn clients_node() -> std::path::PathBuf {
    variable("MERIDIAN_CLIENTS_NODE", "a folder with the npm packages").into()
}

/// The Python that has the packages of `server/tests/it/conformance/requirements.txt`.
pub fn graphql_python() -> String {
    variable("MERIDIAN_GRAPHQL_PYTHON", "a Python with GraphQL clients")
}

/// The folder whose `node_modules` has the packages of `server/tests/it/conformance/package.json`.
pub fn graphql_node() -> std::path::PathBuf {
    variable("MERIDIAN_GRAPHQL_NODE", "a folder with GraphQL clients from npm").into()
}

#[expect(clippy::disallowed_methods, reason = "the test run's own configuration, read by no product code")]
fn variable(name: &str, what: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} must name {what}; `cargo xtask test` provides one"))
}

#[expect(clippy::disallowed_methods, reason = "a test's edge is an edge")]
fn edge() -> Edge {
    let ids = IdSource::new(|now| {
        let millis = u64::try_from(now.timestamp_millis()).unwrap();
        Builder::from_unix_timestamp_millis(millis, &random()).into_uuid()
    });
    Edge::new(chrono::Utc::now, ids)
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}

fn client_secret() -> ClientSecret {
    let text = BASE64_URL_SAFE_NO_PAD.encode(random::<32>());
    let digest = secret_digest(&text);
    ClientSecret { text, digest }
}

fn signing_secret() -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(random::<32>()))
}

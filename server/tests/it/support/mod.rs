//! A running Meridian for a test: a seeded store of its own, a fake CRM, the processes, and the callers who use it.
//!
//! The fake CRM is served by the test itself, so it outlives a Meridian that is killed. Everything else is a process
//! of the binary that is shipped, configured as an operator would configure it.

mod caller;
mod census;
mod cli;
mod crm;
mod offers;
mod process;
mod redis;
mod seed;
mod webhook;

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use persistence::Database;
use sandbox::Manifest;
use tempfile::TempDir;
use tokio::sync::Mutex;

pub use self::caller::{Caller, Reply, fresh_key, mutation_document};
pub use self::crm::Crm;
pub use self::offers::{Offer, always, codes, every_day};
pub use self::process::Process;
pub use self::redis::{Cluster, Redis};
pub use self::seed::{
    clients_node, clients_python, graphql_node, graphql_python, postgres_url, redis_server_program, redis_url,
};
pub use self::webhook::Webhook;

/// How long anything that has to happen may take before the test gives up.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Which of the two ways of running a test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// One process on a file.
    Sqlite,
    /// `serve` and `work` on PostgreSQL and Redis.
    Postgres,
}

/// A part of the system that is a process of its own on PostgreSQL. On SQLite both are the same process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Answers requests.
    Api,
    /// Does what follows from a commit.
    Worker,
}

/// What a test wants otherwise than usual.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// A Redis of the test's own.
    pub redis_url: Option<String>,
    /// Further `MERIDIAN_…` variables; they win over the usual ones.
    pub environment: Vec<(&'static str, String)>,
}

/// A running Meridian.
pub struct App {
    /// On which stores.
    pub store: Store,
    /// What `sandbox.json` says: the personas, the workspaces, their form tools.
    pub manifest: Manifest,
    /// The store, for looking where no API can.
    pub database: Database,
    /// Where the first API is, as `http://host:port`; another after a restart.
    pub url: String,
    /// For requests of the test's own.
    pub http: reqwest::Client,
    environment: Vec<(&'static str, String)>,
    processes: HashMap<&'static str, Process>,
    others: Vec<Process>,
    tokens: Mutex<HashMap<String, String>>,
    folder: TempDir,
}

impl App {
    /// Seeds a new store and starts the usual processes on it.
    pub async fn start(store: Store) -> Self {
        Self::start_with(store, Wishes::default()).await
    }

    /// As [`App::start`], with these wishes.
    pub async fn start_with(store: Store, wishes: Wishes) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut seeded = seed::seed(store, folder.path()).await;
        if store == Store::Postgres {
            seeded.environment.push(("MERIDIAN_REDIS_URL", wishes.redis_url.unwrap_or_else(redis_url)));
        }
        seeded.environment.extend(wishes.environment);
        let mut app = Self {
            store,
            manifest: seeded.manifest,
            database: seeded.database,
            url: String::new(),
            http: http(),
            environment: seeded.environment,
            processes: HashMap::new(),
            others: Vec::new(),
            tokens: Mutex::default(),
            folder,
        };
        app.restart().await;
        app
    }

    /// A `meridian sandbox` whose clock starts at `clock`, on a store of its own. Its parts are one process.
    pub async fn sandbox_at(store: Store, clock: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (database_url, arguments) = seed::sandbox_arguments(store, folder.path()).await;
        let process = Process::sandbox(folder.path(), &arguments, clock).await;
        Self {
            store,
            manifest: seed::manifest(folder.path()),
            database: Database::connect(&database_url, 2).await.unwrap(),
            url: process.url.clone(),
            http: http(),
            environment: Vec::new(),
            processes: HashMap::from([("sandbox", process)]),
            others: Vec::new(),
            tokens: Mutex::default(),
            folder,
        }
    }

    /// Ends the sandbox's process and starts it again on what it kept, at another instant.
    pub async fn travel(&mut self, clock: &str) {
        let process = self.processes.remove("sandbox").expect("only a sandbox can travel in time");
        let arguments = process.arguments.clone();
        drop(process);
        let process = Process::sandbox(self.folder.path(), &arguments, clock).await;
        self.url.clone_from(&process.url);
        self.manifest = seed::manifest(self.folder.path());
        self.tokens.lock().await.clear();
        self.processes.insert("sandbox", process);
    }

    /// Somebody of `sandbox.json`, by name.
    pub fn as_persona(&self, name: &str) -> Caller<'_> {
        Caller::new(self, name)
    }

    /// The fake CRM.
    pub fn crm(&self) -> Crm<'_> {
        Crm::new(&self.http, &self.manifest.urls.fake_crm)
    }

    /// The first workspace's form tool.
    pub fn webhook(&self) -> Webhook<'_> {
        Webhook::new(self)
    }

    /// Where the store is, for a test that reaches behind it.
    pub fn database_url(&self) -> &str {
        let url = self.environment.iter().find(|(name, _)| *name == "MERIDIAN_DATABASE_URL");
        url.map_or("", |(_, url)| url)
    }

    /// What its processes are started with.
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.environment.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// The folder that the test's files are in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts what does not run, and waits until it is ready.
    pub async fn start_missing(&mut self) {
        let parts: &[&'static str] = match self.store {
            Store::Sqlite => &["serve --with-worker"],
            Store::Postgres => &["serve", "work"],
        };
        for part in parts {
            if !self.processes.contains_key(part) {
                let process = Process::start(self.folder.path(), part, &self.environment).await;
                if !process.url.is_empty() {
                    self.url.clone_from(&process.url);
                }
                self.processes.insert(part, process);
            }
        }
    }

    /// Kills everything that runs and starts it again.
    pub async fn restart(&mut self) {
        self.processes.clear();
        self.start_missing().await;
    }

    /// Ends a part as `kill -9` does.
    pub fn kill9(&mut self, part: Part) {
        self.processes.remove(self.process_name(part)).expect("the part runs");
    }

    /// Ends everything that runs as `kill -9` does.
    pub fn kill9_all(&mut self) {
        self.processes.clear();
        self.others.clear();
    }

    /// Asks a part to end, as an operator does, and hands it over to be watched.
    pub fn terminate(&mut self, part: Part) -> Process {
        let process = self.processes.remove(self.process_name(part)).expect("the part runs");
        process.terminate();
        process
    }

    /// The process of a part, for a test that sends signals or reads its log.
    pub fn process(&self, part: Part) -> &Process {
        &self.processes[self.process_name(part)]
    }

    fn process_name(&self, part: Part) -> &'static str {
        match (self.store, part) {
            (Store::Sqlite, _) => "serve --with-worker",
            (Store::Postgres, Part::Api) => "serve",
            (Store::Postgres, Part::Worker) => "work",
        }
    }

    /// Starts one more `meridian serve` on the same store and answers with its address, for [`Caller::at`].
    pub async fn another_api(&mut self) -> String {
        let process = Process::start(self.folder.path(), "serve", &self.environment).await;
        let url = process.url.clone();
        self.others.push(process);
        url
    }

    /// As [`App::another_api`], on the same store by another way.
    pub async fn another_api_at(&mut self, database_url: &str) -> String {
        let mut environment = self.environment.clone();
        environment.push(("MERIDIAN_DATABASE_URL", database_url.to_owned()));
        let process = Process::start(self.folder.path(), "serve", &environment).await;
        let url = process.url.clone();
        self.others.push(process);
        url
    }

    /// Ends what was started beside the usual processes as `kill -9` does.
    pub fn kill9_others(&mut self) {
        self.others.clear();
    }

    /// What `/readyz` of a server says.
    pub async fn readiness(&self, server: &str) -> serde_json::Value {
        let answer = self.http.get(format!("{server}/readyz")).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// Starts one more `meridian work` on the same store, and waits until it works.
    pub async fn another_worker(&mut self) {
        let mut environment = self.environment.clone();
        // At this level it says so.
        environment.push(("MERIDIAN_LOG__FILTER", "info".to_owned()));
        let process = Process::start(self.folder.path(), "work", &environment).await;
        wait_until("the other worker works", async || process.log().contains("working")).await;
        self.others.push(process);
    }

    /// Waits until every event has its place and no delivery is pending.
    pub async fn settled(&self) {
        let mut quiet = 0;
        // Twice: a delivery that ended between the two looks may have left an event.
        wait_until("everything is delivered", async || {
            quiet = if self.is_quiet().await { quiet + 1 } else { 0 };
            quiet == 2
        })
        .await;
    }

    async fn is_quiet(&self) -> bool {
        let tx = self.database.begin_system().await.unwrap();
        let unplaced = persistence::events::take_unplaced(&tx, 1).await.unwrap();
        drop(tx);
        unplaced.taken == 0 && persistence::deliveries::count_pending(&self.database).await.unwrap() == 0
    }
}

/// Looks again and again until it is so; panics with the sentence when it does not become so.
pub async fn wait_until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// Makes two tests of one: `both_stores!(name, async |app: App| { … });` runs on SQLite and on PostgreSQL with Redis.
macro_rules! both_stores {
    ($(#[$attribute:meta])* $name:ident, $story:expr) => {
        mod $name {
            use super::*;

            $(#[$attribute])*
            #[tokio::test]
            async fn on_sqlite() {
                ($story)($crate::support::App::start($crate::support::Store::Sqlite).await).await;
            }

            $(#[$attribute])*
            #[tokio::test]
            async fn on_postgres() {
                ($story)($crate::support::App::start($crate::support::Store::Postgres).await).await;
            }
        }
    };
}

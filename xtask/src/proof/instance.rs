//! What is put to the proof: an API and workers on a PostgreSQL and a Redis of their own, with a workspace in which
//! nothing happens but what the proof sends.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bench::client::Client;
use crate::provision::Provision;

/// The key of an instance that lives for minutes.
const SECRET_KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
const SCOPES: &str = "forms:submit webhooks:manage webhooks:read events:subscribe deliveries:read contacts:read";

/// Waits are short: what is proved is that retries lose nothing, not that they are patient.
const SETTINGS: [(&str, &str); 6] = [
    ("MERIDIAN_SECRET_KEY", SECRET_KEY),
    ("MERIDIAN_LISTEN", "127.0.0.1:0"),
    ("MERIDIAN_WEBHOOKS_ALLOW_PRIVATE", "true"),
    ("MERIDIAN_LOG__FILTER", "warn"),
    ("MERIDIAN_WORKER__LEASE_SECONDS", "3"),
    ("MERIDIAN_WORKER__BACKOFF_BASE_MILLISECONDS", "50"),
];

/// A running instance.
pub struct Instance {
    pub admin: Client,
    meridian: PathBuf,
    environment: Vec<(String, String)>,
    workers: VecDeque<Worker>,
    kills: usize,
    credentials: (String, Value),
    provision: Provision,
}

/// Killed when it is dropped.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        // As `kill -9` does: SIGKILL.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Instance {
    /// Migrates, makes the workspace and a client, and starts the API.
    pub fn start(meridian: &Path) -> Result<Self> {
        let mut provision = Provision::for_bench()?;
        let stores = provision.stores().context("there is no PostgreSQL")?.clone();
        let settings = SETTINGS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut environment: Vec<_> = settings.collect();
        environment.push(("MERIDIAN_DATABASE_URL".to_owned(), stores.postgres));
        environment.push(("MERIDIAN_REDIS_URL".to_owned(), stores.redis));
        // One issuer for every process, wherever it listens.
        environment.push(("MERIDIAN_PUBLIC_URL".to_owned(), "http://meridian.proof".to_owned()));
        let run = |arguments: &[&str]| said_by(command(meridian, &environment).args(arguments));
        run(&["migrate"])?;
        let workspace = run(&["workspace", "create", "--name", "Proof", "--phone-region", "GB", "--zone", "UTC"])?;
        let workspace = json(&workspace)?["workspace_id"].as_str().context("a workspace without an id")?.to_owned();
        let client = run(&["client", "create", "--workspace", &workspace, "--name", "proof", "--scopes", SCOPES])?;
        let client = json(&client)?;
        let api = provision.start("api", command(meridian, &environment).arg("serve"), "meridian ready ")?;
        let credentials = (api.said, client);
        let admin = log_in(&credentials)?;
        let workers = VecDeque::new();
        Ok(Self { admin, meridian: meridian.to_owned(), environment, workers, kills: 0, credentials, provision })
    }

    /// Starts one more.
    pub fn start_worker(&mut self) -> Result<()> {
        let mut work = command(&self.meridian, &self.environment);
        work.arg("work").stdout(Stdio::null()).stderr(Stdio::null());
        self.workers.push_back(Worker(self.provision.spawn(&mut work).context("cannot start a worker")?));
        Ok(())
    }

    /// Kills the one that has lived longest, without a word of warning, and starts another.
    pub fn replace_oldest_worker(&mut self) -> Result<()> {
        self.workers.pop_front().map(drop).context("there is no worker left to kill")?;
        self.kills += 1;
        self.start_worker()
    }

    /// How many were killed.
    pub fn kills(&self) -> usize {
        self.kills
    }

    /// Somebody who sends forms.
    pub fn sender(&self) -> Result<Client> {
        log_in(&self.credentials)
    }
}

fn command(meridian: &Path, environment: &[(String, String)]) -> Command {
    let mut command = Command::new(meridian);
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command
}

fn log_in((url, client): &(String, Value)) -> Result<Client> {
    let text = |name: &str| client[name].as_str().with_context(|| format!("a client without {name}"));
    Client::log_in(url, text("client_id")?, text("client_secret")?)
}

fn said_by(command: &mut Command) -> Result<String> {
    let output = command.output().context("cannot run meridian")?;
    ensure!(output.status.success(), "meridian failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).with_context(|| format!("not JSON: {text}"))
}

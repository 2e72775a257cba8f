//! The configuration: a TOML file, overridden by variables `MERIDIAN_…`. The only place that reads the environment.
//!
//! A key is written in lower case in the file (`database_url`, `[log] format`) and in upper case after `MERIDIAN_` in
//! the environment, with two underscores between a section and its key (`MERIDIAN_LOG__FORMAT`). Keys that we do not
//! know are refused: a misspelt setting must not look as if it were in force.

mod limits;
mod serving;
mod values;
mod worker;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ::worker::Retention;
use config::{ConfigError, Environment, File, FileFormat};
use domain::webhooks::endpoint::AddressPolicy;
use serde::Deserialize;

pub use self::limits::LimitSettings;
pub use self::serving::ServingSettings;
pub use self::worker::WorkerSettings;
use crate::credentials::SecretKey;

/// Connections of the PostgreSQL pool when nothing is said: a small server's share of PostgreSQL's default of 100.
const DATABASE_CONNECTIONS: u32 = 16;
const DATABASE_CONNECTIONS_MAX: u32 = 1000;
const LISTEN: &str = "127.0.0.1:8080";

/// Everything an operator decides.
#[derive(Debug)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`.
    pub database_url: String,
    /// Size of the PostgreSQL pool.
    pub database_connections: u32,
    /// `redis://…`, of a cluster perhaps several; `None`: one process, no Redis.
    pub redis_url: Option<String>,
    /// Where the API listens.
    pub listen: SocketAddr,
    /// How the world reaches the API, without a slash at the end; `None`: at the address it listens on.
    pub public_url: Option<String>,
    /// Opens stored secrets, signs cursors.
    pub secret_key: SecretKey,
    /// What happens to old events; `None`: they stay.
    pub events_retention: Option<Retention>,
    /// Which addresses webhooks may go to.
    pub webhooks: AddressPolicy,
    /// How the worker works.
    pub worker: WorkerSettings,
    /// How connections are let in.
    pub serving: ServingSettings,
    /// How much callers may use.
    pub limits: LimitSettings,
    /// How it logs.
    pub log: Log,
    /// Where its measures can be read.
    pub metrics: Metrics,
}

/// What every command can be told, the ones without a configuration of their own included.
#[derive(Debug, Default, Deserialize)]
pub struct Common {
    /// How the worker works.
    #[serde(default)]
    pub worker: WorkerSettings,
    /// How it logs.
    #[serde(default)]
    pub log: Log,
    /// Where its measures can be read.
    #[serde(default)]
    pub metrics: Metrics,
}

/// Where its measures can be read.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Serves `/metrics` in Prometheus's text format, on an address that the world should not reach. Absent: nowhere.
    pub listen: Option<SocketAddr>,
}

/// How it logs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Absent: pretty on a terminal, JSON elsewhere.
    pub format: Option<LogFormat>,
    /// `tracing-subscriber`'s directives, e.g. `info,worker=debug`.
    pub filter: Option<String>,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One object a line.
    Json,
    /// For people.
    Pretty,
}

/// Everything that is wrong with a configuration, each in a sentence that says what to write.
#[derive(Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<String>);

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the configuration is not usable:\n  - {}", self.0.join("\n  - "))
    }
}

impl std::error::Error for Faults {}

/// What was written, before it is understood.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    database_url: Option<String>,
    database_connections: Option<u32>,
    redis_url: Option<String>,
    listen: Option<String>,
    public_url: Option<String>,
    secret_key: Option<String>,
    events_retention_days: Option<u32>,
    events_archive_folder: Option<PathBuf>,
    #[serde(default)]
    webhooks_allow_private: bool,
    #[serde(default)]
    worker: WorkerSettings,
    #[serde(default)]
    serving: ServingSettings,
    #[serde(default)]
    limits: LimitSettings,
    #[serde(default)]
    log: Log,
    #[serde(default)]
    metrics: Metrics,
}

/// The variables of the process that are ours.
pub fn environment() -> HashMap<String, String> {
    // Names and values that are not UTF-8 cannot be ours.
    let readable =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    // MERIDIAN_CONFIG names the file; it is no key of it.
    readable.filter(|(name, _)| name.starts_with("MERIDIAN_") && name != "MERIDIAN_CONFIG").collect()
}

impl Config {
    /// Reads the file, if there is one, and the variables.
    pub fn load(file: Option<&Path>, environment: HashMap<String, String>) -> Result<Self, Faults> {
        let written: Written = read(file, environment)?;
        let mut faults = Vec::new();
        let mut keep = |fault: String| faults.push(fault);
        let database_url = values::database_url(written.database_url).map_err(&mut keep).ok();
        let redis_url = written.redis_url.map(values::redis_url).transpose().map_err(&mut keep).ok();
        let listen = values::listen(written.listen.as_deref().unwrap_or(LISTEN)).map_err(&mut keep).ok();
        let public_url = written.public_url.map(|url| values::public_url(&url)).transpose().map_err(&mut keep).ok();
        let secret_key = values::secret_key(written.secret_key).map_err(&mut keep).ok();
        let connections = written.database_connections.unwrap_or(DATABASE_CONNECTIONS);
        if !(1..=DATABASE_CONNECTIONS_MAX).contains(&connections) {
            keep(format!(
                "`database_connections` is {connections}; write a number from 1 to {DATABASE_CONNECTIONS_MAX}"
            ));
        }
        let events_retention = values::events_retention(written.events_retention_days, written.events_archive_folder)
            .map_err(&mut keep)
            .ok();
        written.worker.faults().into_iter().for_each(&mut keep);
        written.serving.faults().into_iter().for_each(&mut keep);
        written.limits.faults().into_iter().for_each(&mut keep);
        match (database_url, redis_url, listen, public_url, secret_key, events_retention) {
            (
                Some(database_url),
                Some(redis_url),
                Some(listen),
                Some(public_url),
                Some(secret_key),
                Some(events_retention),
            ) if faults.is_empty() => Ok(Self {
                database_url,
                database_connections: connections,
                redis_url,
                listen,
                public_url,
                secret_key,
                events_retention,
                webhooks: if written.webhooks_allow_private {
                    AddressPolicy::AllowPrivate
                } else {
                    AddressPolicy::PublicOnly
                },
                worker: written.worker,
                serving: written.serving,
                limits: written.limits,
                log: written.log,
                metrics: written.metrics,
            }),
            _ => Err(Faults(faults)),
        }
    }
}

impl Common {
    /// Reads the file, if there is one, and the variables, and passes over what is not common.
    pub fn load(file: Option<&Path>, environment: HashMap<String, String>) -> Result<Self, Faults> {
        let common: Self = read(file, environment)?;
        let faults = common.worker.faults();
        if faults.is_empty() { Ok(common) } else { Err(Faults(faults)) }
    }
}

fn read<T: for<'de> Deserialize<'de>>(file: Option<&Path>, environment: HashMap<String, String>) -> Result<T, Faults> {
    let mut builder = config::Config::builder();
    if let Some(path) = file {
        builder = builder.add_source(File::from(path).format(FileFormat::Toml));
    }
    let variables =
        Environment::with_prefix("MERIDIAN").prefix_separator("_").separator("__").source(Some(environment));
    let read = builder.add_source(variables).build().and_then(config::Config::try_deserialize);
    read.map_err(|error| Faults(vec![sentence(&error)]))
}

/// The library's errors name the key and the place; what it does not say is what may be written.
fn sentence(error: &ConfigError) -> String {
    let text = error.to_string();
    if text.contains("unknown field") {
        return format!("{text}; a key of a section is written MERIDIAN_SECTION__KEY in the environment");
    }
    text
}

#[cfg(test)]
mod tests;

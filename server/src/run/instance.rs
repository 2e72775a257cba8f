//! What every process of an instance holds: its stores, its keys and its edge.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use api::{Api, ApiConfig, SandboxInfo, ServingConfig};
use commands::Stores;
use connectors::documents::HttpDocuments;
use domain::operation::Edge;
use domain::webhooks::endpoint::AddressPolicy;
use persistence::bus::Bus;
use persistence::deliveries::release_claims;
use persistence::lone_worker::{LoneWorker, become_lone_worker};
use persistence::{Database, Engine, Sealer};
use worker::Worker;

use crate::config::{Config, WorkerSettings};
use crate::connectors::Connectors;
use crate::credentials::SecretKey;
use crate::{credentials, edge, measures};

/// A store that has not let go by then is beyond our help.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// A process's share of an instance.
pub struct Instance {
    /// Store and bus.
    pub stores: Stores,
    /// Opens stored secrets.
    pub sealer: Sealer,
    /// Clock and ids.
    pub edge: Edge,
    key: SecretKey,
    webhooks: AddressPolicy,
    lone: Option<LoneWorker>,
}

impl Instance {
    /// Puts one together from its parts.
    pub fn new(stores: Stores, key: SecretKey, edge: Edge, webhooks: AddressPolicy) -> Self {
        Self { stores, sealer: key.sealer(), edge, key, webhooks, lone: None }
    }

    /// Connects to what the configuration names. The schema has to be there already: replicas that start at once
    /// must not each change it under the others.
    pub async fn connect(config: &Config) -> Result<Self> {
        let database = database(config).await?;
        if !database.is_migrated().await.context("the database schema cannot be read; run `meridian migrate` first")? {
            bail!("the database schema is out of date; run `meridian migrate` first");
        }
        let bus = match &config.redis_url {
            Some(url) => Bus::through_redis(url)?,
            None => Bus::in_process(),
        };
        measures::watch_redis(&bus);
        Ok(Self::new(Stores { database, bus }, config.secret_key.clone(), edge::real(), config.webhooks))
    }

    /// Closes the store once nothing uses it any more. An SQLite file is complete by itself then.
    pub async fn close(self) {
        let closed = tokio::time::timeout(CLOSE_MAX, self.stores.database.close()).await;
        if let Some(error) =
            closed.map_or_else(|late| Some(late.to_string()), |closed| closed.err().map(|e| e.to_string()))
        {
            tracing::warn!(error, "the store was not closed in order; nothing is lost by that");
        }
    }

    /// The API of this instance.
    pub fn api(&self, public_url: String, sandbox: Option<SandboxInfo>, serving: ServingConfig) -> Result<Api> {
        let documents = HttpDocuments::new(self.webhooks).context("there is no HTTP client for other issuers")?;
        Ok(Api {
            stores: self.stores.clone(),
            sealer: self.sealer.clone(),
            edge: self.edge.clone(),
            config: ApiConfig {
                public_url,
                secret: self.key.cursor_key(),
                sandbox,
                webhooks: self.webhooks,
                new_secret: credentials::secret,
                new_signing_secret: credentials::endpoint_secret,
                documents: Arc::new(documents),
                serving,
            },
        })
    }

    /// A worker of this instance. On SQLite it is the only one, so it takes up at once what a predecessor left.
    pub async fn worker(&mut self, settings: &WorkerSettings) -> Result<Worker> {
        let lone = become_lone_worker(&self.stores.database).await.context("the worker's lock cannot be had")?;
        let Some(lone) = lone else {
            bail!("another process works on this SQLite file already; end it, or use PostgreSQL for several workers");
        };
        self.lone = Some(lone);
        if self.stores.database.engine() == Engine::Sqlite {
            let released = release_claims(&self.stores.database).await.context("the deliveries cannot be read")?;
            tracing::debug!(released, "claims of an earlier process were given up");
        }
        Ok(Worker {
            stores: self.stores.clone(),
            sealer: self.sealer.clone(),
            edge: self.edge.clone(),
            connectors: Arc::new(Connectors::new(settings.timeouts(), self.webhooks)?),
            dice: edge::dice,
            config: settings.resolve(),
        })
    }
}

/// Connects to the database of a configuration.
pub async fn database(config: &Config) -> Result<Database> {
    let connected = Database::connect(&config.database_url, config.database_connections).await;
    connected.context("the database of `database_url` cannot be reached; `meridian doctor` tells more")
}

//! After the commit: everything that happens because of a fact, and nothing that decides one.
//!
//! [`relay`] gives new events their places and, by [`routes`], the deliveries they lead to; [`lanes`] makes the
//! deliveries, in order per lane; [`replays`] sends
//! old events again; [`schedules`] does what time alone asks for. Each of them may run in any number of
//! processes at once, may die between any two steps, and is safe to repeat. Hints on the bus make them prompt; a poll
//! makes them certain.
//!
//! Deliberately absent: knowledge of any provider. A connection becomes a port through [`Connectors`].

mod deliveries;
mod lanes;
mod material;
pub mod measures;
mod outage;
mod reads;
mod relay;
mod replays;
mod retention;
mod routes;
mod schedules;
mod settlement;
mod together;
mod wake;

use std::sync::Arc;
use std::time::Duration;

use commands::Stores;
use domain::integrations::crm::Crm;
use domain::integrations::{Backoff, Connection, ConnectionSecrets};
use domain::limits;
use domain::operation::Edge;
use domain::webhooks::endpoint::sender::WebhookSender;
use persistence::{Sealer, StoreError};
use tokio_util::sync::CancellationToken;

pub use retention::{Retention, RetentionError};

/// Makes ports out of connections. The server implements it with the crate `connectors`, which this crate cannot see.
pub trait Connectors: Send + Sync {
    /// The CRM behind a connection. `Err` says in a sentence, without secrets, why the connection is not usable as it
    /// is set up.
    fn crm(&self, connection: &Connection, secrets: &ConnectionSecrets) -> Result<Arc<dyn Crm>, String>;

    /// What sends webhooks.
    fn webhooks(&self) -> Arc<dyn WebhookSender>;
}

/// One worker. Clones share its stores.
#[derive(Clone)]
pub struct Worker {
    /// Where events and deliveries are, and the bus.
    pub stores: Stores,
    /// Opens the connections' secrets.
    pub sealer: Sealer,
    /// Where "now" and ids come from.
    pub edge: Edge,
    /// Where ports come from.
    pub connectors: Arc<dyn Connectors>,
    /// Uniform in 0..1, drawn anew with each call: the jitter of waits.
    pub dice: fn() -> f64,
    /// How it works.
    pub config: WorkerConfig,
}

/// How a worker works. The defaults are meant for production.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// Events that the relay places in one transaction.
    pub relay_batch: u64,
    /// How long a hint may be missed: everybody looks on their own this often.
    pub poll: Duration,
    /// How long a claim lasts without being prolonged: what a killed process delays a lane by.
    pub lease: Duration,
    /// Deliveries under way at once in this process. It bounds memory, whatever the backlog is.
    pub concurrency: usize,
    /// Deliveries under way at once to one destination of a workspace.
    pub per_destination: usize,
    /// Deliveries under way at once for one workspace.
    pub per_workspace: usize,
    /// How long one attempt may take. Connectors bound each of their calls; this bounds their sum.
    pub attempt_timeout: Duration,
    /// The waits between attempts.
    pub backoff: Backoff,
    /// Attempts before a delivery is dead.
    pub attempts_max: i32,
    /// How long deliveries under way may go on after the shutdown has begun.
    pub finish_within: Duration,
    /// What happens to old events; `None`: they stay.
    pub retention: Option<Retention>,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            relay_batch: 200,
            poll: Duration::from_millis(250),
            lease: Duration::from_secs(20),
            concurrency: 64,
            per_destination: 16,
            per_workspace: 32,
            attempt_timeout: Duration::from_mins(1),
            backoff: Backoff { base: Duration::from_secs(1), cap: Duration::from_hours(1) },
            attempts_max: limits::DELIVERY_ATTEMPTS_MAX,
            finish_within: Duration::from_secs(10),
            retention: None,
        }
    }
}

impl Worker {
    /// Works until `shutdown` is cancelled. Then it claims nothing more, lets deliveries under way finish for
    /// `finish_within` at most, and returns; what is cut off is made again when its lease has ended.
    pub async fn run(self, shutdown: CancellationToken) {
        let parts = async {
            // Boxed, like the replays: the five together are too large for a stack; these two run once an hour.
            let retention = Box::pin(retention::run(&self, &shutdown));
            let schedules = Box::pin(schedules::run(&self, &shutdown));
            tokio::join!(
                relay::run(&self, &shutdown),
                lanes::run(&self, &shutdown),
                schedules,
                Box::pin(replays::run(&self, &shutdown)),
                retention
            );
        };
        let out_of_patience = async {
            shutdown.cancelled().await;
            tokio::time::sleep(self.config.finish_within).await;
        };
        tokio::select! {
            () = parts => {}
            () = out_of_patience => tracing::warn!("the worker stopped with deliveries under way; their leases will end"),
        }
    }

    /// Places every new event and makes every delivery that is due by now, with what follows from them, then returns
    /// how many attempts it took. For tests, with a clock of their own; a worker that serves is [`Worker::run`].
    /// Deliveries that wait for a later instant, and those claimed by others, are left.
    pub async fn drain(&self) -> Result<usize, StoreError> {
        let mut attempts = 0;
        loop {
            relay::catch_up(self, &CancellationToken::new()).await?;
            while replays::advance_all(self, &CancellationToken::new()).await? {}
            let made = lanes::make_due(self).await?;
            if made == 0 {
                return Ok(attempts);
            }
            attempts += made;
        }
    }

    /// Says of every endpoint whose older secrets stop signing soon that they do. A worker that runs does it every minute.
    pub async fn warn_of_secrets(&self) -> Result<(), StoreError> {
        schedules::warn_of_secrets(self).await
    }

    /// Archives and removes every event that is older than the configuration keeps; how many went. A worker that
    /// runs does it every hour.
    pub async fn retire_old_events(&self, shutdown: &CancellationToken) -> Result<u64, RetentionError> {
        match &self.config.retention {
            Some(retention) => retention::retire_old(self, retention, shutdown).await,
            None => Ok(0),
        }
    }
}

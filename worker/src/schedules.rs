//! What time alone asks for.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use domain::limits::{ENDPOINT_ATTEMPTS_KEPT_DAYS, INBOUND_KEPT_DAYS};
use persistence::webhooks::{forget_attempts, forget_inbound, forget_traffic, secret_warnings};
use persistence::workspaces::forget_spent;
use persistence::{StoreError, answers};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::outage::Outage;
use crate::{Worker, measures};

/// How long stored answers are kept. A client that retries does so for hours; a week also covers one whose queue
/// stood still over a long weekend. Afterwards the same key would run the command again.
const ANSWERS_KEPT: TimeDelta = TimeDelta::days(7);
const FORGET_EVERY: Duration = Duration::from_hours(1);
/// How often it is looked for secrets that end soon. The shortest overlap is an hour, and is warned of in its middle.
const WARN_EVERY: Duration = Duration::from_mins(1);
/// Endpoints warned of at once; the others follow a minute later.
const WARNED_AT_ONCE: u64 = 100;

/// Runs the schedules until the shutdown. Each is safe to run in several processes at once.
pub(crate) async fn run(worker: &Worker, shutdown: &CancellationToken) {
    let mut outage = Outage::of("schedules");
    // The first tick is immediate: a process that is restarted every half hour must forget too.
    let mut hourly = tokio::time::interval(FORGET_EVERY);
    hourly.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut counting = tokio::time::interval(measures::COUNT_EVERY);
    counting.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut warning = tokio::time::interval(WARN_EVERY);
    warning.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut counted = HashSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = counting.tick() => {
                outage.note(measures::count(worker, &mut counted).await);
            }
            _ = warning.tick() => {
                outage.note(warn_of_secrets(worker).await);
            }
            _ = hourly.tick() => {
                let before = worker.edge.now() - ANSWERS_KEPT;
                let forgotten = outage.note(answers::forget(&worker.stores.database, before).await);
                if let Some(count @ 1..) = forgotten {
                    tracing::info!(answers.count = count, "forgot stored answers that no client will ask for again");
                }
                let before = worker.edge.now() - TimeDelta::days(ENDPOINT_ATTEMPTS_KEPT_DAYS);
                let forgotten = outage.note(forget_attempts(&worker.stores.database, before).await);
                if let Some(count @ 1..) = forgotten {
                    tracing::info!(attempts.count = count, "forgot old attempts at webhook endpoints");
                }
                let before = worker.edge.now() - TimeDelta::days(INBOUND_KEPT_DAYS);
                let forgotten = outage.note(forget_inbound(&worker.stores.database, before).await);
                if let Some(count @ 1..) = forgotten {
                    tracing::info!(deliveries.count = count, "forgot old deliveries that came in by webhook");
                }
                outage.note(forget_traffic(&worker.stores.database, before).await);
                outage.note(forget_spent(&worker.stores.database, worker.edge.now()).await);
            }
        }
    }
}

/// Says of every endpoint whose older secrets stop signing soon that they do.
pub(crate) async fn warn_of_secrets(worker: &Worker) -> Result<(), StoreError> {
    let due = secret_warnings(&worker.stores.database, worker.edge.now(), WARNED_AT_ONCE).await?;
    for (workspace, endpoint) in due {
        let operation = worker.edge.system(workspace, worker.edge.correlation());
        let warned = commands::webhooks::warn_of_secret(&worker.stores, &worker.sealer, &operation, endpoint).await;
        // One that cannot be opened holds up no other.
        if let Err(failure) = warned {
            tracing::error!(endpoint.id = %endpoint, error = %failure, "an endpoint's owner could not be warned");
        }
    }
    Ok(())
}

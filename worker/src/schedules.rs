//! What time alone asks for.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use domain::limits::{ENDPOINT_ATTEMPTS_KEPT_DAYS, INBOUND_KEPT_DAYS};
use persistence::answers;
use persistence::webhooks::{forget_attempts, forget_inbound, forget_traffic};
use persistence::workspaces::forget_spent;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::outage::Outage;
use crate::{Worker, measures};

/// How long stored answers are kept. A client that retries does so for hours; a week also covers one whose queue
/// stood still over a long weekend. Afterwards the same key would run the command again.
const ANSWERS_KEPT: TimeDelta = TimeDelta::days(7);
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// Runs the schedules until the shutdown. Each is safe to run in several processes at once.
pub(crate) async fn run(worker: &Worker, shutdown: &CancellationToken) {
    let mut outage = Outage::of("schedules");
    // The first tick is immediate: a process that is restarted every half hour must forget too.
    let mut hourly = tokio::time::interval(FORGET_EVERY);
    hourly.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut counting = tokio::time::interval(measures::COUNT_EVERY);
    counting.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut counted = HashSet::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = counting.tick() => {
                outage.note(measures::count(worker, &mut counted).await);
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

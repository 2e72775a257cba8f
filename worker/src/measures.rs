//! What operators watch, under Prometheus's conventions (<https://prometheus.io/docs/practices/naming/>): names end in
//! their unit, labels have few values. Who listens, and where, is the server's business.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use commands::integrations::Ended;
use domain::events::Event;
use domain::integrations::Verdict;
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use persistence::StoreError;
use persistence::deliveries::{Backlog, Settlement, backlog};
use persistence::events::count_set_aside;
use persistence::watch::watch;

use crate::Worker;

const PLACED: &str = "meridian_event_lag_seconds";
const ENDED: &str = "meridian_delivery_attempts_total";
const DELIVERED: &str = "meridian_delivery_lag_seconds";
const TOLD: &str = "meridian_webhook_lag_seconds";
const PENDING: &str = "meridian_deliveries_pending";
const OLDEST: &str = "meridian_deliveries_oldest_seconds";
const DEAD: &str = "meridian_dead_letters";
const SET_ASIDE: &str = "meridian_events_set_aside";
const UNPLACED: &str = "meridian_events_unplaced_oldest_seconds";
const CIRCUITS: &str = "meridian_circuit_open";
const QUARANTINED: &str = "meridian_quarantined_forms";
const DISABLED: &str = "meridian_endpoints_disabled";

/// Bounds of the lags, in seconds: from what a subscriber notices to what an on-call engineer does.
pub const LAG_BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0, 3600.0];

/// How often depths are counted: a scrape is seldom more frequent.
pub(crate) const COUNT_EVERY: Duration = Duration::from_secs(15);

/// Says what the measures mean, to whoever is listening by now.
pub fn describe() {
    describe_histogram!(PLACED, "From a fact to its place in the log, by the type of the event.");
    describe_counter!(ENDED, "Attempts that ended, by destination and outcome.");
    describe_histogram!(DELIVERED, "From a fact to the destination's confirmation, by destination.");
    describe_histogram!(TOLD, "From an event to an endpoint's confirmation, by the type of the event; not of replays.");
    describe_gauge!(PENDING, "Deliveries that wait or are under way, by destination.");
    describe_gauge!(OLDEST, "Age of the fact that the oldest of them follows from, by destination.");
    describe_gauge!(SET_ASIDE, "Facts that cannot be read and wait for repair.");
    describe_gauge!(DEAD, "Dead and parked deliveries, by destination.");
    describe_gauge!(UNPLACED, "Age of the oldest fact that the relay has not placed yet; 0 when all are placed.");
    describe_gauge!(CIRCUITS, "1 while a destination is left alone because it keeps failing or asked for it.");
    describe_gauge!(QUARANTINED, "Forms in quarantine.");
    describe_gauge!(DISABLED, "Webhook endpoints that were disabled by themselves, by reason.");
}

/// An event has its place.
pub(crate) fn placed(event: &Event, now: DateTime<Utc>) {
    histogram!(PLACED, "type" => event.fact.event_type().as_str()).record(seconds(now - event.occurred_at));
}

/// An endpoint confirmed an event. By type alone: with the endpoint too there were sixteen histograms for each, and
/// workspaces make as many endpoints as they like.
pub(crate) fn told(event: &Event, now: DateTime<Utc>) {
    histogram!(TOLD, "type" => event.fact.event_type().as_str()).record(seconds(now - event.occurred_at));
}

/// An attempt was settled.
pub(crate) fn ended(Ended { claimed, settlement, verdict, .. }: &Ended, now: DateTime<Utc>) {
    let destination = claimed.delivery.job.destination();
    let outcome = match settlement {
        // A challenge or a test message: over, and not taken.
        Settlement::Done if matches!(verdict, Verdict::Fails | Verdict::AsksToWait(_)) => "failed",
        Settlement::Done => "done",
        Settlement::Retry { .. } => "retry",
        Settlement::Wait { .. } => "wait",
        Settlement::Discarded { .. } => "discarded",
        Settlement::Dead { .. } => "dead",
        Settlement::Parked { .. } => "parked",
        Settlement::Untouched => return,
    };
    counter!(ENDED, "destination" => destination.clone(), "outcome" => outcome).increment(1);
    if outcome == "done" {
        histogram!(DELIVERED, "destination" => destination).record(seconds(now - claimed.delivery.created_at));
    }
}

/// Counts what waits. `known` are the destinations that were told of before: one with nothing left is told as nothing.
pub(crate) async fn count(worker: &Worker, known: &mut HashSet<String>) -> Result<(), StoreError> {
    let now = worker.edge.now();
    let found = backlog(&worker.stores.database).await?;
    let set_aside = count_set_aside(&worker.stores.database).await?;
    let watch = watch(&worker.stores.database, now).await?;
    gauge!(SET_ASIDE).set(whole(i64::try_from(set_aside).unwrap_or(i64::MAX)));
    gauge!(UNPLACED).set(watch.unplaced_since.map_or(0.0, |since| seconds(now - since)));
    gauge!(QUARANTINED).set(whole(watch.quarantined));
    gauge!(DISABLED, "reason" => "failing").set(whole(watch.endpoints_failing));
    gauge!(DISABLED, "reason" => "gone").set(whole(watch.endpoints_gone));
    known.extend(found.keys().chain(&watch.open_circuits).cloned());
    known.retain(|destination| {
        let is_open = watch.open_circuits.contains(destination);
        tell(destination, &found.get(destination).cloned().unwrap_or_default(), now);
        gauge!(CIRCUITS, "destination" => destination.clone()).set(f64::from(u8::from(is_open)));
        is_open || found.contains_key(destination)
    });
    Ok(())
}

fn tell(destination: &str, backlog: &Backlog, now: DateTime<Utc>) {
    let age = backlog.oldest_since.map_or(0.0, |since| seconds(now - since));
    gauge!(PENDING, "destination" => destination.to_owned()).set(whole(backlog.pending));
    gauge!(OLDEST, "destination" => destination.to_owned()).set(age);
    gauge!(DEAD, "destination" => destination.to_owned()).set(whole(backlog.dead_letters));
}

fn seconds(delta: TimeDelta) -> f64 {
    delta.to_std().unwrap_or_default().as_secs_f64()
}

fn whole(count: i64) -> f64 {
    f64::from(i32::try_from(count).unwrap_or(i32::MAX))
}

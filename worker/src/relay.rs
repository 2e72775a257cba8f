//! The relay: gives committed events their places and writes the deliveries they lead to.
//!
//! One batch is one transaction, so an event with a place always has its deliveries. On PostgreSQL a lock makes one
//! relay at a time the leader; the others skip their turn. Hints go out after the commit only.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::events::Event;
use domain::ids::{ConnectionId, WorkspaceId};
use domain::integrations::{Delivery, DeliveryState, Job, Provider};
use persistence::bus::Hint;
use persistence::deliveries::enqueue;
use persistence::events::{Batch, UnplacedEvent, place, take_unplaced};
use persistence::integrations::connections_to;
use persistence::webhooks::subscribers;
use persistence::{StoreError, SystemTx};
use tokio_util::sync::CancellationToken;

use crate::outage::Outage;
use crate::wake::Wake;
use crate::{Worker, measures, routes};

/// How long a batch may take. PostgreSQL ends a statement, a wait for a lock and a transaction of a peer that is gone
/// before that; this is for a server that is gone itself, and says nothing.
const BATCH_TIMEOUT: Duration = Duration::from_secs(30);
/// Deliveries written by one statement: thirteen columns each, and SQLite takes 32,766 parameters.
const DELIVERIES_AT_ONCE: usize = 1000;

/// Relays until the shutdown.
pub(crate) async fn run(worker: &Worker, shutdown: &CancellationToken) {
    let wakes = |hint| matches!(hint, Hint::Committed | Hint::Lost);
    let mut wake = Wake::on(&worker.stores.bus, worker.config.poll, wakes);
    let mut outage = Outage::of("relay");
    while !shutdown.is_cancelled() {
        outage.note(catch_up(worker, shutdown).await);
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = wake.next() => {}
        }
    }
}

/// Relays until no event is without a place, or until somebody else is at it.
pub(crate) async fn catch_up(worker: &Worker, shutdown: &CancellationToken) -> Result<(), StoreError> {
    while !shutdown.is_cancelled() {
        let batch = tokio::time::timeout(BATCH_TIMEOUT, relay_batch(worker)).await;
        let silence = |_| StoreError::Unavailable("a batch of the relay took too long".to_owned());
        if !batch.map_err(silence)?? {
            break;
        }
    }
    Ok(())
}

/// One batch. Whether there may be more.
async fn relay_batch(worker: &Worker) -> Result<bool, StoreError> {
    let tx = worker.stores.database.begin_system().await?;
    if !tx.try_lock("relay").await? {
        return Ok(false);
    }
    let Batch { unplaced, taken } = take_unplaced(&tx, worker.config.relay_batch).await?;
    if taken == 0 {
        return Ok(false);
    }
    // Also where none of them can be read: that they were set aside is to be kept, and more may stand behind them.
    let is_full = u64::try_from(taken).is_ok_and(|taken| taken >= worker.config.relay_batch);
    let now = worker.edge.now();
    let workspaces = workspaces_of(&unplaced);
    let crms = crm_connections(&tx, &workspaces).await?;
    let subscribers = subscribers(&tx, &workspaces).await?;
    let mut newest: BTreeMap<WorkspaceId, i64> = BTreeMap::new();
    let mut deliveries: BTreeMap<WorkspaceId, Vec<Delivery>> = BTreeMap::new();
    let placed = place(&tx, unplaced).await?;
    for event in &placed {
        let connections = crms.get(&event.workspace).map_or(&[][..], Vec::as_slice);
        let jobs = routes::jobs(&event.fact, connections).into_iter().chain(routes::webhooks(event, &subscribers));
        let made = jobs.map(|job| delivery(worker, event, job, now));
        deliveries.entry(event.workspace).or_default().extend(made);
        newest.insert(event.workspace, event.position);
    }
    let mut enqueued = false;
    for (workspace, deliveries) in deliveries {
        for some in deliveries.chunks(DELIVERIES_AT_ONCE) {
            enqueue(&tx, workspace, some).await?;
            enqueued = true;
        }
    }
    tx.commit().await?;
    for event in &placed {
        measures::placed(event, now);
    }
    for (workspace, position) in newest {
        worker.stores.bus.publish(Hint::Placed { workspace, position });
    }
    if enqueued {
        worker.stores.bus.publish(Hint::Enqueued);
    }
    Ok(is_full)
}

/// Every workspace that has an event in the batch.
fn workspaces_of(unplaced: &[UnplacedEvent]) -> Vec<WorkspaceId> {
    let mut workspaces: Vec<WorkspaceId> = unplaced.iter().map(|unplaced| unplaced.event.workspace).collect();
    workspaces.sort_unstable();
    workspaces.dedup();
    workspaces
}

/// The CRM connections of these workspaces.
async fn crm_connections(
    tx: &SystemTx,
    workspaces: &[WorkspaceId],
) -> Result<BTreeMap<WorkspaceId, Vec<ConnectionId>>, StoreError> {
    let mut connections: BTreeMap<WorkspaceId, Vec<ConnectionId>> = BTreeMap::new();
    for (workspace, connection) in connections_to(tx, workspaces, Provider::HubSpot).await? {
        connections.entry(workspace).or_default().push(connection);
    }
    Ok(connections)
}

fn delivery(worker: &Worker, event: &Event, job: Job, now: DateTime<Utc>) -> Delivery {
    Delivery {
        id: worker.edge.new_id(),
        job,
        position: event.position,
        state: DeliveryState::Pending,
        attempts: 0,
        next_attempt_at: now,
        last_error: None,
        correlation: event.correlation.clone(),
        created_at: event.occurred_at,
    }
}

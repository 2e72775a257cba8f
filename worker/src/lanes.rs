//! The lanes: claims deliveries that are due and head their lanes, and makes them, each in a task of its own.
//!
//! Claimed are as many as there are free places, so a backlog of any size waits in the store and not in memory. A
//! delivery that ends makes the next of its lane the head, so the end of one is a reason to look again at once.

mod attempt;
mod lease;

use domain::ids::{DeliveryId, EntityId};
use futures_util::future::join_all;
use persistence::StoreError;
use persistence::bus::Hint;
use persistence::deliveries::{ClaimedDelivery, claim_due};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Worker;
use crate::outage::Outage;
use crate::wake::Wake;

/// A delivery that is ours until an instant.
struct Held {
    claimed: ClaimedDelivery,
    /// By the process's own clock, which nobody sets.
    until: Instant,
}

/// Makes deliveries until the shutdown, then waits for those under way.
pub(crate) async fn run(worker: &Worker, shutdown: &CancellationToken) {
    let wakes = |hint| matches!(hint, Hint::Enqueued | Hint::Lost);
    let mut wake = Wake::on(&worker.stores.bus, worker.config.poll, wakes);
    let mut outage = Outage::of("lanes");
    let mut under_way = JoinSet::new();
    while !shutdown.is_cancelled() {
        let free = worker.config.concurrency.saturating_sub(under_way.len());
        if free > 0 {
            for held in outage.note(claim(worker, free).await).unwrap_or_default() {
                under_way.spawn(attempt::make(worker.clone(), held));
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            Some(_) = under_way.join_next() => while under_way.try_join_next().is_some() {},
            () = wake.next(), if under_way.len() < worker.config.concurrency => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// Makes what is due now, all at once; how many attempts there were.
pub(crate) async fn make_due(worker: &Worker) -> Result<usize, StoreError> {
    let due = claim(worker, worker.config.concurrency).await?;
    Ok(join_all(due.into_iter().map(|held| attempt::make(worker.clone(), held))).await.len())
}

async fn claim(worker: &Worker, free: usize) -> Result<Vec<Held>, StoreError> {
    let limit = u64::try_from(free).unwrap_or(u64::MAX);
    let (claim, now) = (worker.edge.new_id::<DeliveryId>().uuid(), worker.edge.now());
    let until = Instant::now() + worker.config.lease;
    let claimed = claim_due(&worker.stores.database, claim, now, now + worker.config.lease, limit).await?;
    Ok(claimed.into_iter().map(|claimed| Held { claimed, until }).collect())
}

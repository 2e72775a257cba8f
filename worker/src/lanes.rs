//! The lanes: claims deliveries that are due and head their lanes, and makes them, each in a task of its own.
//!
//! Claimed are as many as there are free places, so a backlog of any size waits in the store and not in memory. A
//! delivery that ends puts the next of its lane in line, so the end of some is a reason to look again.

mod attempt;
mod endings;
mod lease;
mod places;
mod run;
mod turns;

use std::time::Duration;

use futures_util::future::join_all;
use persistence::StoreError;
use persistence::bus::Hint;
use persistence::deliveries::Run;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use self::endings::Endings;
use self::places::{Place, Places};
use self::turns::{Cursor, take_turns};
use crate::Worker;
use crate::outage::Outage;
use crate::reads::Reads;
use crate::wake::Wake;

/// Deliveries end a few at a time; looking for the next after each would be a transaction each.
const GATHER: Duration = Duration::from_millis(5);

/// What was claimed of a lane, and is ours until an instant.
struct Held {
    run: Run,
    /// By the process's own clock, which nobody sets.
    until: Instant,
    _place: Place,
}

/// What the deliveries of a worker share. Clones share it too.
#[derive(Clone, Default)]
struct Shared {
    reads: Reads,
    endings: Endings,
}

/// Makes deliveries until the shutdown, then waits for those under way.
pub(crate) async fn run(worker: &Worker, shutdown: &CancellationToken) {
    let wakes = |hint| matches!(hint, Hint::Enqueued | Hint::Lost);
    let mut wake = Wake::on(&worker.stores.bus, worker.config.poll, wakes);
    let mut outage = Outage::of("lanes");
    let mut under_way = JoinSet::new();
    let (places, shared, mut cursor) = (Places::default(), Shared::default(), Cursor::default());
    while !shutdown.is_cancelled() {
        let free = worker.config.concurrency.saturating_sub(under_way.len());
        if free > 0 {
            for held in outage.note(take_turns(worker, &places, &mut cursor, free).await).unwrap_or_default() {
                under_way.spawn(run::make(worker.clone(), shared.clone(), held));
            }
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            Some(_) = under_way.join_next() => {
                sleep(GATHER).await;
                while under_way.try_join_next().is_some() {}
            }
            () = wake.next(), if under_way.len() < worker.config.concurrency => {}
        }
    }
    while under_way.join_next().await.is_some() {}
}

/// Makes what is due now, all at once; how many attempts there were.
pub(crate) async fn make_due(worker: &Worker) -> Result<usize, StoreError> {
    let due = take_turns(worker, &Places::default(), &mut None, worker.config.concurrency).await?;
    let shared = Shared::default();
    Ok(join_all(due.into_iter().map(|held| run::make(worker.clone(), shared.clone(), held))).await.into_iter().sum())
}

//! Replays: each goes on by a batch, in turn with the others, whenever there is room in line, in any number of workers.

use domain::ids::{ReplayId, WorkspaceId};
use persistence::StoreError;
use persistence::bus::Hint;
use persistence::webhooks::running_replays;
use tokio_util::sync::CancellationToken;

use crate::Worker;
use crate::outage::Outage;
use crate::wake::Wake;

/// Replays that are looked up at once.
const AT_ONCE: u64 = 64;
/// Steps that a replay is advanced by before others are looked up that have begun meanwhile.
const STEPS: usize = 32;

/// A replay, and whose it is.
type Place = (WorkspaceId, ReplayId);

/// Advances replays until the shutdown. Room is made by deliveries that end, of which no hint tells: the poll does.
pub(crate) async fn run(worker: &Worker, shutdown: &CancellationToken) {
    let wakes = |hint| matches!(hint, Hint::Lost);
    let mut wake = Wake::on(&worker.stores.bus, worker.config.poll, wakes);
    let mut outage = Outage::of("replays");
    while !shutdown.is_cancelled() {
        if outage.note(advance_all(worker, shutdown).await) == Some(true) {
            continue;
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = wake.next() => {}
        }
    }
}

/// Advances every replay by a step, and those that go on by more; whether any of them still does. A step of each in turn:
/// one that goes through a long log delays no other.
pub(crate) async fn advance_all(worker: &Worker, shutdown: &CancellationToken) -> Result<bool, StoreError> {
    let (mut after, mut going) = (None, Vec::new());
    loop {
        let running = running_replays(&worker.stores.database, after, AT_ONCE).await?;
        let Some(&(_, last)) = running.last() else { break };
        after = Some(last);
        going.extend(advance_each(worker, running, shutdown).await);
    }
    for _ in 1..STEPS {
        going = advance_each(worker, going, shutdown).await;
    }
    Ok(!going.is_empty())
}

/// A step of each of these; those of them that go on.
async fn advance_each(worker: &Worker, replays: Vec<Place>, shutdown: &CancellationToken) -> Vec<Place> {
    let mut going = Vec::new();
    for (workspace, id) in replays {
        if shutdown.is_cancelled() {
            return Vec::new();
        }
        let operation = worker.edge.system(workspace, worker.edge.correlation());
        match commands::webhooks::advance_replay(&worker.stores, &operation, id).await {
            Ok(true) => going.push((workspace, id)),
            Ok(false) => {}
            // One that cannot go on holds up no other.
            Err(failure) => tracing::error!(replay.id = %id, error = %failure, "a replay cannot go on"),
        }
    }
    going
}

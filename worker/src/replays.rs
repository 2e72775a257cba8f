//! Replays: each goes on by a batch whenever there is room in line, in any number of workers.

use domain::ids::ReplayId;
use persistence::StoreError;
use persistence::bus::Hint;
use persistence::webhooks::running_replays;
use tokio_util::sync::CancellationToken;

use crate::Worker;
use crate::outage::Outage;
use crate::wake::Wake;

/// Replays that are looked up at once.
const AT_ONCE: u64 = 64;

/// Advances replays until the shutdown. Room is made by deliveries that end, of which no hint tells: the poll does.
pub(crate) async fn run(worker: &Worker, shutdown: &CancellationToken) {
    let wakes = |hint| matches!(hint, Hint::Lost);
    let mut wake = Wake::on(&worker.stores.bus, worker.config.poll, wakes);
    let mut outage = Outage::of("replays");
    while !shutdown.is_cancelled() {
        outage.note(advance_all(worker, shutdown).await);
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = wake.next() => {}
        }
    }
}

/// Advances every replay by as much as there is room for now.
pub(crate) async fn advance_all(worker: &Worker, shutdown: &CancellationToken) -> Result<(), StoreError> {
    let mut after: Option<ReplayId> = None;
    loop {
        let running = running_replays(&worker.stores.database, after, AT_ONCE).await?;
        let Some(&(_, last)) = running.last() else { return Ok(()) };
        after = Some(last);
        for (workspace, id) in running {
            let operation = || worker.edge.system(workspace, worker.edge.correlation());
            loop {
                let more = commands::webhooks::advance_replay(&worker.stores, &operation(), id).await;
                match more {
                    Ok(true) if !shutdown.is_cancelled() => {}
                    Ok(_) => break,
                    // One that cannot go on holds up no other.
                    Err(failure) => {
                        tracing::error!(replay.id = %id, error = %failure, "a replay cannot go on");
                        break;
                    }
                }
            }
        }
    }
}

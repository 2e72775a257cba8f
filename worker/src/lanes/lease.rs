//! Keeping a lease: a heartbeat as long as the attempt lasts.

use persistence::deliveries::prolong;
use tokio::time::{Instant, sleep, timeout_at};

use super::Held;
use crate::Worker;

/// Prolongs the lease again and again, and returns when it is lost: taken over by somebody, or run out because the
/// store could not be reached to prolong it.
pub(super) async fn lost(worker: &Worker, held: &Held) {
    let lease = worker.config.lease;
    let mut until = held.until;
    loop {
        sleep(lease / 3).await;
        let asked_at = Instant::now();
        let asked = prolong(&worker.stores.database, &held.run[0], worker.edge.now() + lease);
        match timeout_at(until, asked).await {
            Ok(Ok(true)) => until = asked_at + lease,
            Ok(Ok(false)) | Err(_) => return,
            // The store may be back before the lease ends.
            Ok(Err(_)) => {}
        }
    }
}

//! How many requests of one workspace run at once on this server: those beyond wait in line for a moment, so that a
//! workspace in a rush takes no other's connections to the store.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ids::WorkspaceId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long a request waits for its turn. Longer, and its client would rather know.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// Workspaces in memory before those in which nothing runs are forgotten.
const WORKSPACES_KEPT: usize = 1000;

/// The lines before the workspaces.
#[derive(Debug)]
pub(crate) struct Turns {
    running_max: usize,
    wait_max: Duration,
    workspaces: Mutex<HashMap<WorkspaceId, Arc<Semaphore>>>,
}

impl Turns {
    pub(crate) fn new(running_max: usize) -> Self {
        Self { running_max, wait_max: WAIT_MAX, workspaces: Mutex::new(HashMap::new()) }
    }

    /// Waits for a turn, first come, first served; `None` when that took too long.
    pub(crate) async fn take(&self, workspace: WorkspaceId) -> Option<OwnedSemaphorePermit> {
        let places = self.places(workspace);
        timeout(self.wait_max, places.acquire_owned()).await.ok()?.ok()
    }

    fn places(&self, workspace: WorkspaceId) -> Arc<Semaphore> {
        let mut workspaces = self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        if workspaces.len() >= WORKSPACES_KEPT && !workspaces.contains_key(&workspace) {
            // A place that is taken, or waited for, holds on to its semaphore.
            workspaces.retain(|_, places| Arc::strong_count(places) > 1);
        }
        let places = workspaces.entry(workspace).or_insert_with(|| Arc::new(Semaphore::new(self.running_max)));
        Arc::clone(places)
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::EntityId;
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn one_workspace_waits_and_the_others_do_not() {
        let turns = Turns { wait_max: Duration::from_millis(20), ..Turns::new(1) };
        let ids = [1, 2].map(|id| WorkspaceId::from_uuid(Uuid::from_u128(id)));
        let first = turns.take(ids[0]).await.unwrap();
        assert!(turns.take(ids[1]).await.is_some());
        assert!(turns.take(ids[0]).await.is_none());
        let waiting = async { turns.take(ids[0]).await.is_some() };
        let leaving = async { drop(first) };
        assert!(tokio::join!(waiting, leaving).0);
    }

    #[tokio::test]
    async fn a_workspace_in_which_nothing_runs_is_forgotten() {
        let turns = Turns::new(1);
        let running = turns.take(WorkspaceId::from_uuid(Uuid::from_u128(0))).await;
        for id in 1..=2 * WORKSPACES_KEPT as u128 {
            let _ = turns.take(WorkspaceId::from_uuid(Uuid::from_u128(id))).await;
        }
        assert!(turns.workspaces.lock().unwrap().len() <= WORKSPACES_KEPT);
        assert!(running.is_some() && turns.take(WorkspaceId::from_uuid(Uuid::from_u128(7))).await.is_some());
    }
}

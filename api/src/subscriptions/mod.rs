//! The hub: reads each new event of a followed workspace once per process, and lets every stream share it.
//!
//! A stream is a position. Behind the tail it reads the log; at the tail it takes what the hub has read. Hints wake the
//! hub at once; it also looks every second, so a lost hint costs at most that.

mod tail;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use commands::Stores;
use domain::events::Event;
use domain::ids::WorkspaceId;
use futures_util::{Stream, StreamExt, stream};
use persistence::bus::Hint;
use persistence::events::{EventFilter, list_events};
use tokio_util::sync::CancellationToken;

use self::tail::Tail;

/// Events read at once from the log.
const BATCH: u64 = 200;
/// How often the hub looks without a hint.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a stream waits after the store failed it.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// A handle on the process's hub; clones share it.
#[derive(Clone)]
pub(crate) struct Hub {
    stores: Stores,
    tails: Arc<Mutex<HashMap<WorkspaceId, Arc<Tail>>>>,
}

impl Hub {
    /// Starts the hub; it ends with `shutdown`.
    pub(crate) fn start(stores: Stores, shutdown: CancellationToken) -> Self {
        let hub = Self { stores, tails: Arc::default() };
        tokio::spawn(shutdown.run_until_cancelled_owned(hub.clone().watch()));
        hub
    }

    /// The events of a workspace after a position, each once and in order, for as long as the stream is held. `newest`
    /// is the end of its log: the first to follow a workspace sets its tail going, and a tail that began anywhere else
    /// would keep all who follow later waiting.
    pub(crate) fn follow(
        &self,
        workspace: WorkspaceId,
        after: i64,
        newest: i64,
    ) -> impl Stream<Item = Arc<Event>> + use<> {
        let hub = self.clone();
        let tail = self.tail(workspace, newest);
        let batches = stream::unfold((hub, tail, after), move |(hub, tail, position)| async move {
            let batch = hub.next_batch(workspace, &tail, position).await;
            let position = batch.last().map_or(position, |event| event.position);
            Some((stream::iter(batch), (hub, tail, position)))
        });
        batches.flatten()
    }

    fn tail(&self, workspace: WorkspaceId, newest: i64) -> Arc<Tail> {
        let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        // A tail that nobody follows any more is forgotten here, when somebody takes the lock anyway.
        tails.retain(|id, tail| *id == workspace || Arc::strong_count(tail) > 1);
        Arc::clone(tails.entry(workspace).or_insert_with(|| Arc::new(Tail::new(newest))))
    }

    /// What comes after `position`; waits when there is nothing yet.
    async fn next_batch(&self, workspace: WorkspaceId, tail: &Tail, position: i64) -> Vec<Arc<Event>> {
        let mut head = tail.watch();
        loop {
            if *head.borrow_and_update() > position {
                let shared = tail.after(position);
                if !shared.is_empty() {
                    return shared;
                }
                match self.read(workspace, position).await {
                    Ok(batch) if !batch.is_empty() => return batch,
                    Ok(_) => {}
                    Err(()) => {
                        tokio::time::sleep(RETRY_AFTER).await;
                        continue;
                    }
                }
            }
            if head.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    async fn read(&self, workspace: WorkspaceId, after: i64) -> Result<Vec<Arc<Event>>, ()> {
        let reader = self.stores.database.reader(workspace);
        let events = list_events(&reader, &EventFilter::default(), after, BATCH).await.map_err(|error| {
            tracing::warn!(error = %error, "the log could not be read for streams; trying again");
        })?;
        Ok(events.into_iter().map(Arc::new).collect())
    }

    /// Keeps the tails up to date.
    async fn watch(self) {
        let mut hints = self.stores.bus.listen();
        let mut clock = tokio::time::interval(LOOK_EVERY);
        loop {
            let wanted = tokio::select! {
                hint = hints.next() => match hint {
                    Some(Hint::Placed { workspace, .. }) => Some(workspace),
                    Some(Hint::Lost) => None,
                    Some(Hint::Committed | Hint::Enqueued) => continue,
                    None => return,
                },
                _ = clock.tick() => None,
            };
            for (workspace, tail) in self.followed(wanted) {
                self.advance(workspace, &tail).await;
            }
        }
    }

    fn followed(&self, wanted: Option<WorkspaceId>) -> Vec<(WorkspaceId, Arc<Tail>)> {
        let tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        let is_wanted = |id: &WorkspaceId| wanted.is_none_or(|wanted| wanted == *id);
        tails.iter().filter(|(id, _)| is_wanted(id)).map(|(id, tail)| (*id, Arc::clone(tail))).collect()
    }

    async fn advance(&self, workspace: WorkspaceId, tail: &Tail) {
        loop {
            let Ok(batch) = self.read(workspace, tail.head()).await else { return };
            let is_last = (batch.len() as u64) < BATCH;
            tail.extend(batch);
            if is_last {
                return;
            }
        }
    }
}

//! The hub: reads each new event of a followed workspace once per process, and lets every stream share it; `groups`
//! shares what was made of it too.
//!
//! A stream is a position. Behind the tail it reads the log; at the tail it takes what the hub has read. Hints wake the
//! hub at once; it also looks every second (`watch`), so a lost hint costs at most that. Where retention has passed a
//! position, the stream is told what it misses, and goes on behind it.

mod course;
mod groups;
mod member;
mod paying;
mod question;
mod tail;
mod watch;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use commands::Stores;
use domain::events::Entry;
use domain::ids::WorkspaceId;
use futures_util::{Stream, StreamExt, stream};
use persistence::StoreError;
use persistence::events::{EventFilter, horizon, list_events};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use self::tail::{Placed, Tail};
use self::watch::LOOK_EVERY;

pub(crate) use self::course::Course;
pub(crate) use self::groups::{Ask, Groups};
pub(crate) use self::member::stream;
pub(crate) use self::paying::Payer;
pub(crate) use self::question::Question;

/// Events read at once from the log.
const BATCH: u64 = 200;
/// How long the store may take over a read. PostgreSQL ends a statement by itself; this is for a server that is gone and
/// says nothing, for which one task must not wait that all streams depend on.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a stream waits after the store failed it.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The newest events of a workspace.
type Events = Tail<Entry>;

/// A handle on the process's hub; clones share it.
#[derive(Clone)]
pub(crate) struct Hub {
    stores: Arc<Stores>,
    tails: Arc<Mutex<HashMap<WorkspaceId, Arc<Events>>>>,
    /// Somebody follows a log that nobody followed.
    begun: Arc<Notify>,
}

/// What comes next in a log.
#[derive(Debug, Clone)]
pub(crate) enum Followed {
    /// An event.
    Event(Entry),
    /// Events that retention has removed.
    Gap(Gap),
}

/// Positions whose events cannot be had any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The first of them.
    pub from: i64,
    /// The last of them.
    pub to: i64,
}

impl Followed {
    fn position(&self) -> i64 {
        match self {
            Self::Event(event) => event.position(),
            Self::Gap(gap) => gap.to,
        }
    }
}

impl Placed for Entry {
    fn position(&self) -> i64 {
        Self::position(self)
    }
}

/// What the log has after a position.
enum Read {
    /// The events that follow it without a gap. Whether there may be more.
    Events(Vec<Entry>, bool),
    Gap(Gap),
    Nothing,
}

impl Hub {
    /// Starts the hub; it ends with `shutdown`.
    pub(crate) fn start(stores: Stores, shutdown: CancellationToken) -> Self {
        Self::looking_every(LOOK_EVERY, stores, shutdown)
    }

    fn looking_every(look_every: Duration, stores: Stores, shutdown: CancellationToken) -> Self {
        let hub = Self { stores: Arc::new(stores), tails: Arc::default(), begun: Arc::default() };
        tokio::spawn(shutdown.run_until_cancelled_owned(hub.clone().watch(look_every)));
        hub
    }

    /// The log of a workspace on a course from `start`, each event once and in order, for as long as the stream is
    /// held or up to the end of the course. `newest` is the end of its log: the first to follow a workspace sets its
    /// tail going, and a tail that began anywhere else would keep all who follow later waiting.
    pub(crate) fn follow(
        &self,
        workspace: WorkspaceId,
        course: Arc<Course>,
        start: i64,
        newest: i64,
    ) -> impl Stream<Item = Followed> + use<> {
        let hub = self.clone();
        let tail = self.tail(workspace, newest);
        let (start, end) = course.set_out(start, newest);
        let waiting = Arc::clone(&course);
        let batches = stream::unfold((hub, tail, start, waiting), move |(hub, tail, position, waiting)| async move {
            if end.is_some_and(|end| position >= end) {
                return None;
            }
            waiting.wait(true);
            let mut batch = hub.next_batch(workspace, &tail, position).await;
            waiting.wait(false);
            let position = batch.last().map_or(position, Followed::position);
            if let Some(end) = end {
                // A gap may reach beyond the end: it is told, and nothing after it.
                batch.retain(|followed| followed.position() <= end || matches!(followed, Followed::Gap(_)));
            }
            Some((stream::iter(batch), (hub, tail, position, waiting)))
        });
        batches.flatten().inspect(move |followed| course.reach(followed.position()))
    }

    fn tail(&self, workspace: WorkspaceId, newest: i64) -> Arc<Events> {
        let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        let tail = tails.entry(workspace).or_insert_with(|| {
            // Hints of what happened since `newest` was read were about a log that nobody followed.
            self.begun.notify_one();
            Arc::new(Tail::new(newest, usize::MAX))
        });
        Arc::clone(tail)
    }

    /// What comes after `position`; waits when there is nothing yet.
    async fn next_batch(&self, workspace: WorkspaceId, tail: &Events, position: i64) -> Vec<Followed> {
        let mut head = tail.watch();
        loop {
            if *head.borrow_and_update() > position {
                let shared = tail.after(position).unwrap_or_default();
                if !shared.is_empty() {
                    return shared.into_iter().map(Followed::Event).collect();
                }
                match self.read(workspace, position).await {
                    Ok(Read::Events(batch, _)) => return batch.into_iter().map(Followed::Event).collect(),
                    Ok(Read::Gap(gap)) => return vec![Followed::Gap(gap)],
                    Ok(Read::Nothing) => {}
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

    async fn read(&self, workspace: WorkspaceId, after: i64) -> Result<Read, ()> {
        match timeout(READ_TIMEOUT, self.read_log(workspace, after)).await {
            Ok(Ok(read)) => return Ok(read),
            Ok(Err(error)) => tracing::warn!(error = %error, "the log could not be read for streams; trying again"),
            Err(_) => tracing::warn!("the store did not give streams the log in time; trying again"),
        }
        Err(())
    }

    async fn read_log(&self, workspace: WorkspaceId, after: i64) -> Result<Read, StoreError> {
        let reader = self.stores.database.reader(workspace);
        let mut events = list_events(&reader, &EventFilter::default(), after, BATCH).await?;
        let was_full = events.len() as u64 == BATCH;
        let unbroken = events.iter().zip(after + 1..).take_while(|(event, place)| event.position() == *place).count();
        if unbroken > 0 {
            let was_broken = unbroken < events.len();
            events.truncate(unbroken);
            return Ok(Read::Events(events, was_full || was_broken));
        }
        // The next event is not there: there is none yet, or retention was here.
        let horizon = horizon(&reader).await?;
        Ok(if horizon > after + 1 { Read::Gap(Gap { from: after + 1, to: horizon - 1 }) } else { Read::Nothing })
    }

    #[cfg(test)]
    pub(crate) fn followed_count(&self) -> usize {
        self.tails.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[cfg(test)]
mod tests;

//! The hub: reads each new event of a followed workspace once per process, and lets every stream share it; `groups`
//! shares what was made of it too.
//!
//! A stream is a position. Behind the tail it reads the log; at the tail it takes what the hub has read. Hints wake the
//! hub at once; it also looks every second, so a lost hint costs at most that. Where retention has passed a position,
//! the stream is told what it misses, and goes on behind it.

mod course;
mod groups;
mod member;
mod question;
mod tail;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use commands::Stores;
use domain::events::Event;
use domain::ids::WorkspaceId;
use futures_util::{Stream, StreamExt, stream};
use persistence::bus::Hint;
use persistence::events::{EventFilter, horizon, list_events};
use tokio_util::sync::CancellationToken;

use self::tail::{Placed, Tail};

pub(crate) use self::course::Course;
pub(crate) use self::groups::{Ask, Groups};
pub(crate) use self::member::stream;
pub(crate) use self::question::Question;

/// Events read at once from the log.
const BATCH: u64 = 200;
/// How often the hub looks without a hint.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a stream waits after the store failed it.
const RETRY_AFTER: Duration = Duration::from_millis(500);

/// The newest events of a workspace.
type Events = Tail<Arc<Event>>;

/// A handle on the process's hub; clones share it.
#[derive(Clone)]
pub(crate) struct Hub {
    stores: Stores,
    tails: Arc<Mutex<HashMap<WorkspaceId, Arc<Events>>>>,
}

/// What comes next in a log.
#[derive(Debug, Clone)]
pub(crate) enum Followed {
    /// An event.
    Event(Arc<Event>),
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
            Self::Event(event) => event.position,
            Self::Gap(gap) => gap.to,
        }
    }
}

impl Placed for Arc<Event> {
    fn position(&self) -> i64 {
        self.position
    }
}

/// What the log has after a position.
enum Read {
    /// The events that follow it without a gap. Whether there may be more.
    Events(Vec<Arc<Event>>, bool),
    Gap(Gap),
    Nothing,
}

impl Hub {
    /// Starts the hub; it ends with `shutdown`.
    pub(crate) fn start(stores: Stores, shutdown: CancellationToken) -> Self {
        let hub = Self { stores, tails: Arc::default() };
        tokio::spawn(shutdown.run_until_cancelled_owned(hub.clone().watch()));
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
        let batches = stream::unfold((hub, tail, start), move |(hub, tail, position)| async move {
            if end.is_some_and(|end| position >= end) {
                return None;
            }
            let mut batch = hub.next_batch(workspace, &tail, position).await;
            let position = batch.last().map_or(position, Followed::position);
            if let Some(end) = end {
                // A gap may reach beyond the end: it is told, and nothing after it.
                batch.retain(|followed| followed.position() <= end || matches!(followed, Followed::Gap(_)));
            }
            Some((stream::iter(batch), (hub, tail, position)))
        });
        batches.flatten().inspect(move |followed| course.reach(followed.position()))
    }

    fn tail(&self, workspace: WorkspaceId, newest: i64) -> Arc<Events> {
        let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        // A tail that nobody follows any more is forgotten here, when somebody takes the lock anyway.
        tails.retain(|id, tail| *id == workspace || Arc::strong_count(tail) > 1);
        Arc::clone(tails.entry(workspace).or_insert_with(|| Arc::new(Tail::new(newest, usize::MAX))))
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
        let failed = |error| tracing::warn!(error = %error, "the log could not be read for streams; trying again");
        let reader = self.stores.database.reader(workspace);
        let mut events = list_events(&reader, &EventFilter::default(), after, BATCH).await.map_err(failed)?;
        let was_full = events.len() as u64 == BATCH;
        let unbroken = events.iter().zip(after + 1..).take_while(|(event, place)| event.position == *place).count();
        if unbroken > 0 {
            let was_broken = unbroken < events.len();
            events.truncate(unbroken);
            return Ok(Read::Events(events.into_iter().map(Arc::new).collect(), was_full || was_broken));
        }
        // The next event is not there: there is none yet, or retention was here.
        let horizon = horizon(&reader).await.map_err(failed)?;
        Ok(if horizon > after + 1 { Read::Gap(Gap { from: after + 1, to: horizon - 1 }) } else { Read::Nothing })
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
                    Some(Hint::Committed | Hint::Enqueued | Hint::Revoked) => continue,
                    None => return,
                },
                _ = clock.tick() => None,
            };
            for (workspace, tail) in self.followed(wanted) {
                self.advance(workspace, &tail).await;
            }
        }
    }

    fn followed(&self, wanted: Option<WorkspaceId>) -> Vec<(WorkspaceId, Arc<Events>)> {
        let tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        let is_wanted = |id: &WorkspaceId| wanted.is_none_or(|wanted| wanted == *id);
        tails.iter().filter(|(id, _)| is_wanted(id)).map(|(id, tail)| (*id, Arc::clone(tail))).collect()
    }

    async fn advance(&self, workspace: WorkspaceId, tail: &Events) {
        loop {
            match self.read(workspace, tail.head()).await {
                Ok(Read::Events(batch, more)) => {
                    tail.extend(batch);
                    if !more {
                        return;
                    }
                }
                Ok(Read::Gap(gap)) => tail.skip(gap.to),
                Ok(Read::Nothing) | Err(()) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests;

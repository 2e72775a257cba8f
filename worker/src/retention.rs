//! Retention: events older than an operator wants to keep are archived and removed, from the front of each log.
//!
//! A day of a workspace is one round: its file is written and safe on the disk before the first of its events goes.
//! Events go in batches with a transaction each, so that nobody waits for long. Two workers may be at it at once: a file
//! takes its place under a lock, each batch names the horizon that it believes in, and the one who is late stops.

mod archive;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::events::{Entry, Event};
use domain::ids::WorkspaceId;
use persistence::StoreError;
use persistence::events::{EventFilter, Extent, extents, horizon, list_events, retire, retire_stragglers};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::Worker;
use crate::outage::Outage;

use self::archive::Archive;

/// Events read, and events removed, at once. A transaction of this size takes some milliseconds.
const BATCH: i64 = 500;

/// How often it is looked for old events.
const LOOK_EVERY: Duration = Duration::from_hours(1);

/// What happens to old events.
#[derive(Debug, Clone)]
pub struct Retention {
    /// How long an event is kept in the log.
    pub keep: TimeDelta,
    /// Where older ones are written to before they go; `None`: they just go.
    pub archive: Option<PathBuf>,
}

/// Why retention stopped half-way. Nothing is lost by it: what was not archived was not removed.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The archive cannot be written.
    #[error("the archive cannot be written: {0}")]
    Archive(#[from] std::io::Error),
}

/// Retires old events every hour until the shutdown.
pub(crate) async fn run(worker: &Worker, shutdown: &CancellationToken) {
    let mut outage = Outage::of("retention");
    let mut hourly = tokio::time::interval(LOOK_EVERY);
    hourly.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(hourly.tick()).await.is_some() {
        match worker.retire_old_events(shutdown).await {
            Err(RetentionError::Store(error)) if error.is_transient() => outage.note(Err(error)),
            // What else failed was told of with its workspace.
            Ok(_) | Err(_) => outage.note(Ok(())),
        };
    }
}

/// Archives and removes everything that is old enough, in all workspaces; how many events went. A workspace that cannot
/// be done with holds up no other, and is what is returned at the end; a store that is away ends the round.
pub(crate) async fn retire_old(
    worker: &Worker,
    retention: &Retention,
    shutdown: &CancellationToken,
) -> Result<u64, RetentionError> {
    let before = worker.edge.now() - retention.keep;
    let (mut all, mut failed) = (0, None);
    for Extent { workspace, horizon, .. } in extents(&worker.stores.database).await? {
        let log = Log { worker, retention, before, workspace };
        match log.retire_old(horizon, shutdown).await {
            Ok(0) => {}
            Ok(gone) => {
                tracing::info!(workspace.id = %workspace, events.count = gone, "old events were retired");
                all += gone;
            }
            Err(RetentionError::Store(error)) if error.is_transient() => return Err(error.into()),
            Err(error) => {
                tracing::error!(workspace.id = %workspace, %error, "old events stay until this is repaired");
                failed = failed.or(Some(error));
            }
        }
    }
    failed.map_or(Ok(all), Err)
}

/// What cannot be read cannot be archived: it stays, and what is behind it, until a newer version or a repair can.
fn readable(entry: Entry) -> Result<Arc<Event>, StoreError> {
    match entry {
        Entry::Event(event) => Ok(event),
        Entry::Opaque(opaque) => Err(StoreError::Damaged(format!("event {}: {}", opaque.position, opaque.why))),
    }
}

/// One workspace's log, and up to when it is old.
struct Log<'a> {
    worker: &'a Worker,
    retention: &'a Retention,
    before: DateTime<Utc>,
    workspace: WorkspaceId,
}

/// A day that is done with.
struct Round {
    horizon: i64,
    gone: u64,
}

impl Log<'_> {
    /// Retires everything that is old, from the horizon on; how many events went.
    async fn retire_old(&self, mut horizon: i64, shutdown: &CancellationToken) -> Result<u64, RetentionError> {
        let mut gone = self.retire_stragglers(shutdown).await?;
        while !shutdown.is_cancelled() {
            let Some(round) = self.retire_day(horizon, shutdown).await? else { break };
            gone += round.gone;
            horizon = round.horizon;
        }
        Ok(gone)
    }

    /// Retires the day that the log begins with, as far as it is old. `None` when nothing is left to do, or somebody
    /// else does it.
    async fn retire_day(&self, from: i64, shutdown: &CancellationToken) -> Result<Option<Round>, RetentionError> {
        let mut page = self.old_events(from, None).await?;
        let Some(day) = page.first().map(|event| event.occurred_at.date_naive()) else { return Ok(None) };
        let mut archive = match &self.retention.archive {
            Some(folder) => Some(Archive::open(folder, self.workspace, day, &self.worker.edge).await?),
            None => None,
        };
        let mut until = from;
        while let Some(last) = page.last().filter(|_| !shutdown.is_cancelled()) {
            until = last.position + 1;
            if let Some(archive) = &mut archive {
                archive.add(&page).await?;
            }
            page = self.old_events(until, Some(day)).await?;
        }
        if let Some(archive) = archive
            && (shutdown.is_cancelled() || !self.publish(archive, from).await?)
        {
            return Ok(None);
        }
        self.retire(from, until, shutdown).await
    }

    /// Gives the file its name, unless somebody else is at this day too: whether it has it. Two may believe in
    /// different times, and only the longer of their files has what the later of them removes. So nobody replaces a
    /// file that he has not read, and looking and replacing are one step under a lock.
    async fn publish(&self, mut archive: Archive, from: i64) -> Result<bool, RetentionError> {
        archive.seal().await?;
        let tx = self.worker.stores.database.begin(self.workspace).await?;
        tx.lock_names(&["retention".to_owned()]).await?;
        // If others have removed events meanwhile, the file may lack some; theirs does not.
        let is_ours = horizon(&tx).await? == from && archive.publish().await?;
        tx.commit().await?;
        Ok(is_ours)
    }

    /// Old events from a position on, without a gap: of one day, or of whatever day. Late ones of an earlier day
    /// belong to the day that is being written, so that a day's file is written once.
    async fn old_events(&self, from: i64, day: Option<NaiveDate>) -> Result<Vec<Arc<Event>>, StoreError> {
        let reader = self.worker.stores.database.reader(self.workspace);
        let entries = list_events(&reader, &EventFilter::default(), from - 1, BATCH.unsigned_abs()).await?;
        let day = day.or_else(|| entries.first().map(|entry| entry.occurred_at().date_naive()));
        let fits = |entry: &Entry| {
            entry.occurred_at() < self.before && day.is_none_or(|day| entry.occurred_at().date_naive() <= day)
        };
        entries.into_iter().take_while(fits).map(readable).collect()
    }

    /// Removes events, a batch at a time.
    async fn retire(
        &self,
        from: i64,
        until: i64,
        shutdown: &CancellationToken,
    ) -> Result<Option<Round>, RetentionError> {
        let mut round = Round { horizon: from, gone: 0 };
        while round.horizon < until && !shutdown.is_cancelled() {
            let next = until.min(round.horizon + BATCH);
            let tx = self.worker.stores.database.begin(self.workspace).await?;
            let Some(gone) = retire(&tx, round.horizon, next).await? else { return Ok(None) };
            tx.commit().await?;
            round = Round { horizon: next, gone: round.gone + gone };
        }
        Ok(Some(round))
    }

    /// Removes what deliveries have held back and do not need any more. It was archived when the horizon passed it.
    async fn retire_stragglers(&self, shutdown: &CancellationToken) -> Result<u64, RetentionError> {
        let mut all = 0;
        while !shutdown.is_cancelled() {
            let tx = self.worker.stores.database.begin(self.workspace).await?;
            let gone = retire_stragglers(&tx, BATCH.unsigned_abs()).await?;
            tx.commit().await?;
            all += gone;
            if gone == 0 {
                break;
            }
        }
        Ok(all)
    }
}

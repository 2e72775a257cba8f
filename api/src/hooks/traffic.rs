//! Counts what became of deliveries, and writes the counts now and then: an attempt that is refused must not cost a
//! write, or whoever can reach us could make us write.
//!
//! A process that is killed loses the counts of its last second; deliveries themselves are never only here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ids::{ConnectionId, WorkspaceId};
use domain::webhooks::{HourlyTraffic, InboundOutcome};
use persistence::Database;
use persistence::webhooks::add_traffic;
use tokio::time::MissedTickBehavior;
use tokio_util::task::AbortOnDropHandle;

use crate::measures;

const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// The order in which rows are written by everybody.
type Key = (WorkspaceId, ConnectionId, DateTime<Utc>, &'static str);
type Counts = BTreeMap<Key, HourlyTraffic>;

/// What has been counted and not written yet.
#[derive(Clone)]
pub(crate) struct Traffic {
    counts: Arc<Mutex<Counts>>,
    database: Database,
    _writer: Option<Arc<AbortOnDropHandle<()>>>,
}

impl Traffic {
    /// Counts, and writes every second for as long as somebody counts.
    pub(crate) fn start(database: Database) -> Self {
        let quiet = Self { counts: Arc::default(), database, _writer: None };
        let counted = quiet.clone();
        let writer = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(FLUSH_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                counted.flush().await;
            }
        });
        Self { _writer: Some(Arc::new(AbortOnDropHandle::new(writer))), ..quiet }
    }

    /// One delivery to a connection.
    pub(super) fn count(
        &self,
        (workspace, connection): (WorkspaceId, ConnectionId),
        outcome: InboundOutcome,
        now: DateTime<Utc>,
    ) {
        measures::inbound(Some(&connection.to_string()), outcome);
        self.add(workspace, HourlyTraffic::of(connection, outcome, now));
    }

    fn add(&self, workspace: WorkspaceId, counted: HourlyTraffic) {
        let key = (workspace, counted.connection, counted.hour, counted.outcome.as_str());
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts
            .entry(key)
            .and_modify(|known| {
                known.count += counted.count;
                known.last_at = known.last_at.max(counted.last_at);
            })
            .or_insert(counted);
    }

    /// Writes what has been counted. What cannot be written is counted on.
    pub(crate) async fn flush(&self) {
        let counted = std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let mut by_workspace: BTreeMap<WorkspaceId, Vec<HourlyTraffic>> = BTreeMap::new();
        for ((workspace, ..), hourly) in counted {
            by_workspace.entry(workspace).or_default().push(hourly);
        }
        for (workspace, counted) in by_workspace {
            if let Err(error) = add_traffic(&self.database, workspace, &counted).await {
                tracing::debug!(error = %error, "counts of webhooks could not be written; they are kept");
                for hourly in counted {
                    self.add(workspace, hourly);
                }
            }
        }
    }
}

//! Keeping the tails up to date: where to look, and looking there.
//!
//! A hint names the log that has grown, and is passed over where the tail has what it tells of. Without a hint, one
//! statement finds out which of the followed logs have grown, however many are followed.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::ids::WorkspaceId;
use futures_util::{FutureExt, StreamExt, stream};
use persistence::bus::Hint;
use persistence::events::positions;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::{Events, Hub, READ_TIMEOUT, Read};
use crate::measures;

/// How often the hub looks without a hint.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Logs read at the same time: one that is long to read must not hold up the others, and requests need the store too.
const READS_AT_ONCE: usize = 4;

/// A log that is followed, and what is known of its end.
type Followed = (WorkspaceId, Arc<Events>);

/// Where to look.
#[derive(Default)]
struct Where {
    everywhere: bool,
    at: HashSet<WorkspaceId>,
}

impl Hub {
    /// Keeps the tails up to date.
    pub(super) async fn watch(self, look_every: Duration) {
        let mut hints = self.stores.bus.listen();
        // Not at once: nobody follows anything yet, and who begins says so.
        let mut clock = interval_at(Instant::now() + look_every, look_every);
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let mut look = Where::default();
            tokio::select! {
                hint = hints.next() => match hint {
                    Some(hint) => self.consider(hint, &mut look),
                    None => return,
                },
                () = self.begun.notified() => look.everywhere = true,
                _ = clock.tick() => look.everywhere = true,
            }
            // Hints that came while the hub was at it are one reason to look, not many.
            while let Some(Some(hint)) = hints.next().now_or_never() {
                self.consider(hint, &mut look);
            }
            self.look(look).await;
        }
    }

    fn consider(&self, hint: Hint, look: &mut Where) {
        match hint {
            Hint::Placed { workspace, position } => {
                let tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
                if tails.get(&workspace).is_some_and(|tail| tail.head() < position) {
                    look.at.insert(workspace);
                }
            }
            Hint::Lost => look.everywhere = true,
            Hint::Committed | Hint::Enqueued | Hint::Revoked => {}
        }
    }

    async fn look(&self, look: Where) {
        let mut found = self.followed();
        if look.everywhere {
            found = self.grown(found).await;
        } else {
            found.retain(|(workspace, _)| look.at.contains(workspace));
        }
        let reads = |(workspace, tail): Followed| async move { self.advance(workspace, &tail).await };
        stream::iter(found).for_each_concurrent(READS_AT_ONCE, reads).await;
    }

    /// The logs that somebody follows. The others are forgotten: nobody is to pay for reading them.
    fn followed(&self) -> Vec<Followed> {
        let mut tails = self.tails.lock().unwrap_or_else(PoisonError::into_inner);
        tails.retain(|_, tail| Arc::strong_count(tail) > 1);
        measures::followed(tails.len());
        tails.iter().map(|(id, tail)| (*id, Arc::clone(tail))).collect()
    }

    /// Those that have grown beyond what is known of them.
    async fn grown(&self, mut followed: Vec<Followed>) -> Vec<Followed> {
        let workspaces: Vec<WorkspaceId> = followed.iter().map(|(workspace, _)| *workspace).collect();
        match timeout(READ_TIMEOUT, positions(&self.stores.database, &workspaces)).await {
            Ok(Ok(newest)) => {
                followed.retain(|(workspace, tail)| newest.get(workspace).is_some_and(|newest| tail.head() < *newest));
                return followed;
            }
            Ok(Err(error)) => tracing::warn!(error = %error, "the hub could not look for events; trying again"),
            Err(_) => tracing::warn!("the store did not tell the hub of events in time; trying again"),
        }
        Vec::new()
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

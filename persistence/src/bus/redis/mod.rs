//! Hints through Redis pub/sub (<https://redis.io/docs/latest/develop/pubsub/>), sharded where Redis is a cluster.
//!
//! Pub/sub is at most once, and a silent connection looks the same as a quiet one. So whoever has heard nothing for a
//! while publishes a heartbeat and listens for it to come back: when it does not, the line is taken for dead and built
//! anew, and everybody is told that hints may have been lost. The library's own reconnecting is not relied upon: it can
//! leave a subscription behind without a word.

mod ear;
mod line;

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior};
use uuid::Uuid;

use self::line::{Line, Servers};
use super::{Hint, Reach};
use crate::StoreError;

/// How often a quiet line is tried.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);
/// A line on which nothing was heard for so long is dead: two heartbeats, and time for the second to come back.
const SILENCE_MAX: Duration = Duration::from_secs(12);
/// The wait before a line is built anew.
const RECONNECT_AFTER: Duration = Duration::from_millis(500);
/// Hints taken from the queue at once.
const BURST: usize = 256;

/// What travels: a hint with who sent it, or a heartbeat. Versions that know no sender leave it out and read past it.
#[derive(Serialize, Deserialize)]
struct Message {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<Uuid>,
    #[serde(flatten)]
    hint: Hint,
}

/// Starts what publishes and what listens. Both end with the last handle of the bus, which ends `outgoing`.
pub fn start(
    urls: &str,
    local: broadcast::Sender<Hint>,
    outgoing: mpsc::Receiver<Hint>,
    reach: watch::Sender<Reach>,
) -> Result<Wire, StoreError> {
    let servers =
        Servers::parse(urls).map_err(|error| StoreError::Failed(format!("the Redis URL is not usable: {error}")))?;
    #[expect(clippy::disallowed_methods, reason = "a name on the wire that nothing is decided by and nothing keeps")]
    let ours = Uuid::new_v4();
    let (current, line) = watch::channel(None);
    let wire = Wire(line.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = publish(ours, outgoing, line) => {}
            () = keep(&servers, ours, local, current, reach) => {}
        }
    });
    Ok(wire)
}

/// The line that is open at present, for those who ask Redis something else than to carry hints.
#[derive(Clone)]
pub struct Wire(watch::Receiver<Option<Line>>);

impl Wire {
    /// `None` while Redis is away.
    pub fn line(&self) -> Option<Line> {
        self.0.borrow().clone()
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

/// Takes hints from the queue until the last handle of the bus is gone. A hint for which there is no line is dropped.
async fn publish(ours: Uuid, mut outgoing: mpsc::Receiver<Hint>, line: watch::Receiver<Option<Line>>) {
    let mut waiting = Vec::new();
    while outgoing.recv_many(&mut waiting, BURST).await > 0 {
        let current = line.borrow().clone();
        if let Some(mut line) = current {
            for hint in distinct(&waiting) {
                let Ok(text) = serde_json::to_string(&Message { sender: Some(ours), hint }) else { continue };
                if line.publish(text).await.is_err() {
                    break;
                }
            }
        }
        waiting.clear();
    }
}

/// Hints that wait together: of those that say the same, the newest says it all.
fn distinct(waiting: &[Hint]) -> Vec<Hint> {
    let mut said = HashSet::new();
    let about = |hint: &Hint| match *hint {
        Hint::Placed { workspace, .. } => Hint::Placed { workspace, position: 0 },
        other => other,
    };
    let mut newest: Vec<Hint> = waiting.iter().rev().filter(|hint| said.insert(about(hint))).copied().collect();
    newest.reverse();
    newest
}

/// Keeps a line, building it anew whenever it breaks or goes silent. An outage is told once when it begins and once
/// when it is over.
async fn keep(
    servers: &Servers,
    ours: Uuid,
    local: broadcast::Sender<Hint>,
    current: watch::Sender<Option<Line>>,
    reach: watch::Sender<Reach>,
) {
    let mut away_since: Option<Instant> = None;
    loop {
        let why = match Line::open(servers, ours, &local).await {
            Ok(line) => {
                tell_back(away_since.take(), &line);
                current.send_replace(Some(line.clone()));
                reach.send_replace(Reach::Connected);
                // Whatever was published while nobody listened is not repeated.
                let _ = local.send(Hint::Lost);
                let why = attend(line).await;
                current.send_replace(None);
                why
            }
            Err(error) => error.to_string(),
        };
        reach.send_replace(Reach::Away);
        if away_since.is_none() {
            away_since = Some(Instant::now());
            tracing::warn!(error = why, "Redis is away; what happens elsewhere is found by looking until it is back");
        }
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

fn tell_back(away_since: Option<Instant>, line: &Line) {
    let kind = line.kind();
    if let Some(since) = away_since {
        let seconds = since.elapsed().as_secs_f64();
        tracing::info!(redis.kind = kind, outage.seconds = seconds, "Redis is back; hints travel again");
    } else {
        tracing::debug!(redis.kind = kind, "hints travel through Redis");
    }
}

/// Returns when a line is dead, with the reason.
async fn attend(mut line: Line) -> String {
    let ear = line.ear();
    let mut beat = tokio::time::interval(HEARTBEAT_EVERY);
    // After a process was paused, one beat says as much as those it missed.
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            why = ear.broken() => return why,
            _ = beat.tick() => {
                let silence = ear.silence();
                if silence > SILENCE_MAX {
                    return "the subscription went silent".to_owned();
                }
                // Whoever hears others knows already that the line lives.
                if silence >= HEARTBEAT_EVERY / 2 {
                    // A failure breaks the line, which the ear tells.
                    let _ = line.publish(ear::HEARTBEAT.to_owned()).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::{EntityId, WorkspaceId};

    use super::*;

    fn placed(workspace: u128, position: i64) -> Hint {
        Hint::Placed { workspace: WorkspaceId::from_uuid(Uuid::from_u128(workspace)), position }
    }

    #[test]
    fn of_hints_that_wait_together_the_newest_goes() {
        let waiting = [Hint::Committed, placed(1, 4), Hint::Committed, placed(2, 9), placed(1, 5), Hint::Enqueued];
        assert_eq!(distinct(&waiting), [Hint::Committed, placed(2, 9), placed(1, 5), Hint::Enqueued]);
        assert_eq!(distinct(&[]), []);
    }
}

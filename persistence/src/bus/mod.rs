//! The bus: carries hints between the parts of an instance, within a process or through Redis pub/sub.
//!
//! A hint says "look now", never what there is to see: the log holds the facts. Hints may be lost, doubled or late;
//! everybody who listens also looks on their own from time to time. Publishing never waits and never fails a command.

mod redis;

use std::sync::Arc;

use domain::ids::WorkspaceId;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, watch};

use crate::StoreError;

pub(crate) use self::redis::Wire;

/// Hints that a slow listener may be behind before it is told that it lagged.
const LISTENER_QUEUE: usize = 1024;
/// Hints that may wait for Redis; more are dropped, since a newer hint says the same.
const PUBLISH_QUEUE: usize = 1024;

/// Why to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "hint", rename_all = "snake_case")]
pub enum Hint {
    /// A command committed events: the relay has work.
    Committed,
    /// The relay wrote deliveries: the lanes have work.
    Enqueued,
    /// A workspace's log has grown to this position.
    Placed {
        /// Whose log.
        workspace: WorkspaceId,
        /// Its newest position.
        position: i64,
    },
    /// A token or a grant was revoked: servers look before their next turn.
    Revoked,
    /// Hints may have been lost: look at everything.
    Lost,
}

/// How far hints go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Within the process, by design.
    Process,
    /// To every process, through Redis.
    Connected,
    /// Within the process, until Redis is back. Only promptness is lost.
    Away,
}

/// A handle on the bus; clones share it.
#[derive(Debug, Clone)]
pub struct Bus {
    local: broadcast::Sender<Hint>,
    remote: Option<Arc<mpsc::Sender<Hint>>>,
    reach: watch::Receiver<Reach>,
    wire: Option<Wire>,
}

impl Bus {
    /// A bus within the process.
    pub fn in_process() -> Self {
        // The last value stays readable without its sender.
        let (_, reach) = watch::channel(Reach::Process);
        Self { local: broadcast::Sender::new(LISTENER_QUEUE), remote: None, reach, wire: None }
    }

    /// A bus through Redis (`redis://…`, `rediss://…`; for a cluster, several of its servers with commas between
    /// them). It connects in the background and keeps trying: a missing Redis costs promptness, nothing else. The
    /// tasks end when the last handle is dropped.
    pub fn through_redis(urls: &str) -> Result<Self, StoreError> {
        let local = broadcast::Sender::new(LISTENER_QUEUE);
        let (sender, receiver) = mpsc::channel(PUBLISH_QUEUE);
        let (reached, reach) = watch::channel(Reach::Away);
        let wire = redis::start(urls, local.clone(), receiver, reached)?;
        Ok(Self { local, remote: Some(Arc::new(sender)), reach, wire: Some(wire) })
    }

    /// How far hints go, now and whenever that changes.
    pub fn reach(&self) -> watch::Receiver<Reach> {
        self.reach.clone()
    }

    /// The way to Redis, for what is no hint; `None` without one.
    pub(crate) fn wire(&self) -> Option<Wire> {
        self.wire.clone()
    }

    /// Tells everybody. Local listeners hear at once, others through Redis.
    pub fn publish(&self, hint: Hint) {
        // An error means that nobody listens, or that Redis is behind: both are fine.
        let _ = self.local.send(hint);
        if let Some(remote) = &self.remote {
            let _ = remote.try_send(hint);
        }
    }

    /// Listens from now on. A listener that lags gets `RecvError::Lagged` and is to treat it as [`Hint::Lost`].
    pub fn listen(&self) -> Listener {
        Listener(self.local.subscribe())
    }
}

/// One listener's end.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Hint>);

impl Listener {
    /// The next hint; `Lost` when some were missed; `None` when the bus is gone.
    pub async fn next(&mut self) -> Option<Hint> {
        match self.0.recv().await {
            Ok(hint) => Some(hint),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Hint::Lost),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

//! Who acts.

use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, HostId};

/// The one who acts in an operation. The worker acts as `System` of one workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// An OAuth client; `host` when its token speaks for one host.
    Client {
        /// The client.
        client: ClientId,
        /// The host it speaks for.
        host: Option<HostId>,
    },
    /// Meridian itself: worker, webhook ingestion, schedules.
    System,
}

//! Who acts.

use serde::{Deserialize, Serialize};

use crate::ids::{ClientId, HostId, MemberId};

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
    /// A member, through a client that they allowed; `host` when they can be booked.
    Member {
        /// The member.
        member: MemberId,
        /// The client.
        client: ClientId,
        /// The host they are.
        host: Option<HostId>,
    },
    /// Meridian itself: worker, webhook ingestion, schedules.
    System,
}

impl Actor {
    /// The host that it speaks for, and for no other.
    pub fn host(self) -> Option<HostId> {
        match self {
            Self::Client { host, .. } | Self::Member { host, .. } => host,
            Self::System => None,
        }
    }
}

/// For people who read who did something.
impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Client { client, .. } => client.fmt(f),
            Self::Member { member, .. } => member.fmt(f),
            Self::System => f.write_str("Meridian"),
        }
    }
}

//! The workspace: the boundary of tenancy, with the defaults its other features start from.

mod host;

pub use host::{Host, RoutingProfile};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::access::{Actor, Grants};
use crate::contacts::CountryCode;
use crate::ids::{ClientId, HostId, WorkspaceId};
use crate::time::Zone;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name, as people see it.
    pub name: String,
    /// Where phone numbers without a country code belong.
    pub phone_region: CountryCode,
    /// The zone its days are counted in where no host is in question.
    pub zone: Zone,
}

/// What is kept of a client's secret. A plain digest will do: secrets are 256 random bits, not words to be guessed.
pub fn client_secret_digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// An OAuth client of a workspace (RFC 6749 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id, public.
    pub id: ClientId,
    /// The workspace its tokens act in.
    pub workspace: WorkspaceId,
    /// What it is called in the console.
    pub name: String,
    /// The most its tokens may be granted.
    pub scopes: Grants,
    /// The host it speaks for, if it is a host's own client.
    pub host: Option<HostId>,
}

impl Client {
    /// Who acts when this client acts.
    pub fn actor(&self) -> Actor {
        Actor::Client { client: self.id, host: self.host }
    }
}

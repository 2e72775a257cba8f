//! The workspace: the boundary of tenancy, with the defaults its other features start from.

mod client;
mod documents;
mod grant;
mod host;
mod issuer;
mod member;
mod origin;
mod page_token;
mod password;
mod redirect;
mod rotation;

pub use client::{Client, ClientCredential, KeySetError, secret_digest};
pub use documents::{DocumentHash, DocumentHashError, DocumentPolicy};
pub use grant::{
    ACCESS_LIFETIME, CODE_LIFETIME, CodeChallenge, CodeFault, GRANT_LIFETIME, Grant, REFRESH_GRACE, REFRESH_LIFETIME,
    RefreshToken, Shown,
};
pub use host::{Host, RoutingProfile};
pub use issuer::{Documents, TrustedIssuer, is_issuer};
pub use member::{Lockout, Member};
pub use origin::{WebOrigin, WebOriginError};
pub use page_token::{PageToken, PageTokenSettings};
pub use password::{PasswordError, PasswordHash};
pub use redirect::{RedirectUri, RedirectUriError};
pub use rotation::{KEY_ANNOUNCED, KeyTerm, Pace, Rotation};

use serde::{Deserialize, Serialize};

use crate::contacts::CountryCode;
use crate::ids::WorkspaceId;
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

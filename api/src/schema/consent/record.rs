//! An entry of the ledger, and its vocabularies.

use async_graphql::{Enum, ID, SimpleObject};
use domain::consent::{Channel, ConsentRecord, LawfulBasis, Permission};

use super::super::scalars::DateTime;

/// How a person is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "ConsentChannel", remote = "Channel")]
pub(crate) enum ChannelEnum {
    /// E-mail.
    Email,
    /// A call.
    Phone,
    /// Text messages.
    Sms,
    /// Messaging services.
    Messaging,
    /// Letters.
    Post,
}

/// Whether a channel may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "ConsentPermission", remote = "Permission")]
pub(crate) enum PermissionEnum {
    /// It may.
    Granted,
    /// It may not.
    Denied,
    /// The person did not say.
    NotSpecified,
}

/// The ground of processing, GDPR article 6(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "LawfulBasis", remote = "LawfulBasis")]
pub(crate) enum LawfulBasisEnum {
    /// (a) The person consented.
    Consent,
    /// (b) A contract needs it.
    Contract,
    /// (c) The law demands it.
    LegalObligation,
    /// (d) A life depends on it.
    VitalInterests,
    /// (e) A public task needs it.
    PublicTask,
    /// (f) A legitimate interest outweighs.
    LegitimateInterests,
}

/// One entry of the ledger. Immutable.
#[derive(SimpleObject)]
#[graphql(name = "ConsentRecord")]
pub(crate) struct ConsentRecordObject {
    /// Its id.
    id: ID,
    /// For which channel.
    channel: ChannelEnum,
    /// Whether it may be used.
    permission: PermissionEnum,
    /// On which ground.
    lawful_basis: LawfulBasisEnum,
    /// When the person said so.
    consent_timestamp: DateTime,
    /// When it was written down.
    recorded_at: DateTime,
    /// Where it was said: `form:demo-request`.
    source: String,
    /// The words the person agreed to.
    wording: Option<String>,
}

impl From<ConsentRecord> for ConsentRecordObject {
    fn from(record: ConsentRecord) -> Self {
        Self {
            id: ID(record.id.to_string()),
            channel: record.channel.into(),
            permission: record.permission.into(),
            lawful_basis: record.lawful_basis.into(),
            consent_timestamp: DateTime(record.consent_timestamp),
            recorded_at: DateTime(record.recorded_at),
            source: record.source,
            wording: record.wording,
        }
    }
}

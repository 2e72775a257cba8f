//! What holds now, by the whole ledger.

use async_graphql::{ID, SimpleObject};
use domain::consent::{Channel, ChannelStatus};

use super::super::scalars::DateTime;
use super::record::{ChannelEnum, LawfulBasisEnum, PermissionEnum};

/// What a contact allows for one channel: the last word that was said, whenever it was written down. Of two words of
/// the same instant the more careful one holds.
#[derive(SimpleObject)]
#[graphql(name = "ConsentStatus")]
pub(crate) struct ConsentStatusObject {
    /// The channel. One that is not there was never spoken about, and may not be used.
    channel: ChannelEnum,
    /// Whether it may be used.
    permission: PermissionEnum,
    /// On which ground.
    lawful_basis: LawfulBasisEnum,
    /// Since when.
    since: DateTime,
    /// The entry of the ledger that says so.
    record_id: ID,
}

impl From<(Channel, ChannelStatus)> for ConsentStatusObject {
    fn from((channel, status): (Channel, ChannelStatus)) -> Self {
        Self {
            channel: channel.into(),
            permission: status.permission.into(),
            lawful_basis: status.lawful_basis.into(),
            since: DateTime(status.since),
            record_id: ID(status.record.to_string()),
        }
    }
}

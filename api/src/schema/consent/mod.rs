//! Consent: the ledger, what holds by it, and how it is added to.

mod mutations;
mod record;
mod status;

pub(crate) use mutations::ConsentMutation;
pub(crate) use record::{ChannelEnum, ConsentRecordObject, LawfulBasisEnum, PermissionEnum};
pub(crate) use status::ConsentStatusObject;

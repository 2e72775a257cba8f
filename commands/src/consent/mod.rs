//! Consent: what contacts allow and forbid is written down, whoever heard it.

mod ledger;
mod record;

pub(crate) use ledger::append;
pub use record::{RecordConsent, Recorded, record_consent};

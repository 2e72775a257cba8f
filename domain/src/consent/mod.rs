//! What a contact allows, per channel: a ledger that only grows, and its current reading.
//!
//! Nothing is ever changed or removed: a withdrawal is a new record. Deliberately absent: what the law requires in
//! a country; Meridian keeps the evidence and obeys the answer.

mod ledger;
mod record;

pub use ledger::{ChannelStatus, current};
pub use record::{Channel, ConsentRecord, LawfulBasis, Permission};

//! The event log: appended with the state it describes, given its places by the relay, read by position.

mod log;
mod relay;

pub use log::{EventFilter, append, list_events, position};
pub use relay::{UnplacedEvent, place, take_unplaced};

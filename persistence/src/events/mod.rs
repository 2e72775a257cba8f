//! The event log: appended with the state it describes, given its places by the relay, read by position, and retired from the front.

mod log;
mod read;
mod relay;
mod retention;

pub use log::{append, append_all, position, positions};
pub use read::{EventFilter, events_by_id, list_events, list_selected};
pub use relay::{Batch, UnplacedEvent, count_set_aside, place, take_unplaced};
pub use retention::{Extent, extents, horizon, retire, retire_stragglers};

//! The event log: appended with the state it describes, given its places by the relay, read by position, and retired from the front.

mod log;
mod relay;
mod retention;

pub use log::{EventFilter, append, append_all, events_by_id, list_events, list_selected, position, positions};
pub use relay::{Batch, UnplacedEvent, count_set_aside, place, take_unplaced};
pub use retention::{Extent, extents, horizon, retire, retire_stragglers};

//! Events: past-tense facts, written with the state they describe and never changed.
//!
//! A fact carries ids, times and decisions, never personal data: the log is kept long, is read by partners and is
//! replayed, and a person's data must stay erasable.

mod entry;
mod envelope;
mod event;
mod fact;
mod schema;

pub use entry::{Entry, OpaqueEvent};
pub use envelope::{data, envelope, message};
pub use event::{Event, EventCursor, PAYLOAD_VERSION};
pub use fact::{EventType, Fact};
pub use schema::{EventSchema, schemas, violations};

//! What can be booked, and the settings it follows from.

mod mutations;
mod queries;
mod rules;
mod slot;

pub(crate) use mutations::AvailabilityMutation;
pub(crate) use queries::{AvailabilityQuery, MeetingTypeObject};
pub(crate) use slot::SlotObject;

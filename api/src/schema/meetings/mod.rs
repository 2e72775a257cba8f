//! Meetings: read, held, booked, moved, called off, and what became of them.

mod inputs;
mod meeting;
mod mutations;
mod queries;

pub(crate) use meeting::MeetingObject;
pub(crate) use mutations::MeetingsMutation;
pub(crate) use queries::{MeetingsQuery, page};

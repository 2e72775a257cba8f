//! Meetings: one agreed appointment, from its booking to its recorded outcome.

mod hold;
mod meeting;
mod slug;
mod transitions;

pub use hold::Hold;
pub use meeting::{Meeting, MeetingOutcome, MeetingStatus, MeetingType};
pub use slug::is_slug;
pub use transitions::{Agreement, Decided, Transition, book, cancel, record_outcome, reschedule};

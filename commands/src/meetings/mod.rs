//! The life of a meeting: held, booked, moved, called off, and what became of it.

mod book;
mod cancel;
mod hold;
mod own;
mod record_outcome;
mod release;
mod reschedule;
mod seat;

pub use book::{BookMeeting, Booked, Invitee, book_meeting};
pub use cancel::{CancelMeeting, cancel_meeting};
pub use hold::{HoldSlot, hold_slot};
pub use own::Changed;
pub use record_outcome::{RecordMeetingOutcome, record_meeting_outcome};
pub use release::{ReleaseHold, Released, release_hold};
pub use reschedule::{RescheduleMeeting, reschedule_meeting};

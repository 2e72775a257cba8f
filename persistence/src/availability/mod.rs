//! Hosts, offers and reserved time.

mod busy_times;
mod calendars;
mod hosts;
mod meeting_types;
mod reservations;

pub use busy_times::{BusyTime, delete_busy_time, insert_busy_time};
pub use calendars::calendars;
pub(crate) use hosts::host;
pub use hosts::{all_hosts, find_host, find_hosts, insert_host, lock_hosts, replace_host, share_of_meetings};
pub use meeting_types::{
    all_meeting_types, find_meeting_type, find_meeting_type_by_slug, find_meeting_types, insert_meeting_type,
};
pub use reservations::{
    Reservation, delete_hold, find_hold, insert_hold, insert_reservation, release_expired, release_taken_by,
};

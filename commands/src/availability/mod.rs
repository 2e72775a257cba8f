//! What can be booked, and the settings it follows from.

mod busy_times;
mod hosts;
mod meeting_types;
pub mod offer;

pub use busy_times::{AddBusyTime, BusyTimeAdded, RemoveBusyTime, add_busy_time, remove_busy_time};
pub use hosts::{CreateHost, SetSchedule, create_host, set_schedule};
pub use meeting_types::{CreateMeetingType, create_meeting_type};

//! Slots: the one definition of when somebody can be booked.
//!
//! Listing ([`slots`]), the check of one start inside the booking transaction ([`takers`], [`refusals`]) and the
//! explanation ([`explain`]) share one kernel (`kernel.rs`). It takes rules, taken time, a range and `now`; it reads
//! no clock, no store and no process time zone.
//!
//! The reading order: [`Schedule`] and [`OfferRules`] are what people enter; `hours` turns a schedule into open
//! time; `booking_window` and `limits` say at which instants a meeting may start; `kernel` puts them together.
//! Deliberately absent: which busy rows to load (the store's business) and teams that must meet together.

mod booking_window;
mod busy;
mod choose;
mod days;
mod explain;
mod grid;
mod hours;
mod intervals;
mod kernel;
mod limits;
mod offer;
mod schedule;
mod validate;

pub use busy::{Buffers, Busy, BusySource, CountedMeeting, HostCalendar};
pub use choose::{Candidate, choose_host};
pub use days::{DayOfSlots, by_day};
pub use explain::{Explained, Reason, TakenBy, explain, refusals};
pub use intervals::Intervals;
pub use kernel::{Slot, first_slots, slots, slots_within, takers};
pub use offer::{BookingWindow, Limits, OfferRules};
pub use schedule::{DateOverride, Schedule, Travel, WeeklyWindow, Window};

//! Zones, wall clocks and instants: the only place in the project that knows a time-zone library.
//!
//! An instant is a `chrono::DateTime<Utc>` everywhere; a zone is a [`Zone`]. Names and their spelling come from
//! `chrono-tz`, but its newest release carries the rules of IANA 2025b and is wrong for several zones by now. The
//! rules (offsets and transitions) come from the database bundled with `jiff`, so that every node gives the same
//! answer whatever its operating system has installed. Inside, time is whole seconds and integers.

mod day;
mod interval;
mod local_time;
mod pieces;
mod wall_clock;
mod zone;

pub use day::{SECONDS_PER_DAY, date_of, day_number, days_since_monday};
pub use interval::Interval;
pub(crate) use interval::{ceil_second, instant};
pub use local_time::{InvalidLocalTime, LocalTime};
pub use pieces::{Piece, Pieces};
pub use wall_clock::Resolved;
pub use zone::{UnknownZone, Zone, database_version};

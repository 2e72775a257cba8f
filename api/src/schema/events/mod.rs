//! The event log: read by page, or followed from a cursor.

mod event;
mod gap;
mod queries;
mod subscriptions;

pub(crate) use queries::EventsQuery;
pub(crate) use subscriptions::MeetingEventsSubscription;

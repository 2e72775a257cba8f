//! Reading the log by page.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, Error, ErrorExtensions, ID, InputObject, Object, Result, ScalarType};
use domain::errors::ErrorCode;
use domain::events::{Entry, EventType};
use domain::limits::PAGE_SIZE_MAX;
use domain::operation::CorrelationId;
use persistence::events::{EventFilter, horizon, list_events};

use super::super::errors::{fail, fail_field, internal};
use super::super::request::RequestScope;
use super::super::scalars::EventCursor;
use super::event::EventObject;
use crate::place;

/// Which events are wanted. What is not given does not limit.
#[derive(InputObject, Default)]
pub(crate) struct EventFilterInput {
    /// Of these types, e.g. `meeting_booked`.
    #[graphql(default)]
    pub(super) types: Vec<String>,
    /// About this entity.
    entity_id: Option<ID>,
    /// Of this piece of work.
    correlation_id: Option<String>,
}

impl EventFilterInput {
    pub(super) fn wants(&self, event: &Entry) -> bool {
        (self.types.is_empty() || self.types.iter().any(|wanted| wanted == event.kind()))
            && self.entity_id.as_ref().is_none_or(|entity| entity.0 == event.entity())
            && self.correlation_id.as_ref().is_none_or(|work| work == event.correlation())
    }
}

/// Refuses types that there are not: who asks for one by a slip of the pen would hear nothing, for ever.
pub(super) fn check_types(types: &[String]) -> Result<()> {
    let is_known = |given: &String| EventType::ALL.iter().any(|kind| kind.as_str() == given);
    if types.iter().all(is_known) {
        return Ok(());
    }
    let message = "There is an event type in it that Meridian does not know.";
    Err(fail_field(ErrorCode::FieldMismatch, "filter.types", message))
}

/// Retention has removed what comes right after the cursor: how much, and where to go on.
pub(super) fn expired(after: i64, horizon: i64) -> Error {
    let resume = EventCursor(domain::events::EventCursor(horizon - 1)).to_value();
    let message = format!("The events {} to {} are gone; retention has removed them.", after + 1, horizon - 1);
    fail(ErrorCode::CursorExpired, message).extend_with(|_, extensions| {
        extensions.set("from", after + 1);
        extensions.set("to", horizon - 1);
        extensions.set("resumeAfter", resume);
    })
}

#[derive(Default)]
pub(crate) struct EventsQuery;

#[Object]
impl EventsQuery {
    /// The workspace's log, oldest first. A page's cursors resume subscriptions too. `CURSOR_EXPIRED` where retention
    /// has passed the cursor. Needs `events:subscribe`.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "How many, 1–100.")] first: i32,
        #[graphql(desc = "Everything after this event.")] after: Option<EventCursor>,
        #[graphql(default)] filter: EventFilterInput,
    ) -> Result<Connection<String, EventObject>> {
        let first = usize::try_from(first).ok().filter(|first| (1..=PAGE_SIZE_MAX).contains(first));
        let first = first
            .ok_or_else(|| fail(ErrorCode::FieldMismatch, format!("`first` is a number from 1 to {PAGE_SIZE_MAX}.")))?;
        check_types(&filter.types)?;
        let correlation = filter.correlation_id.as_deref().map(CorrelationId::parse);
        let mut connection = Connection::new(after.is_some(), false);
        // A text that is no correlation id belongs to no work.
        let Ok(correlation) = correlation.map(|parsed| parsed.ok_or(())).transpose() else { return Ok(connection) };
        let filter = EventFilter { types: filter.types, entity: filter.entity_id.map(|id| id.0), correlation };
        let reader = RequestScope::of(ctx).reader();
        let start = match after {
            Some(cursor) => cursor.0.0,
            // Behind the horizon lie only single events that deliveries wait for; no page begins there.
            None => horizon(&reader).await.map_err(internal)? - 1,
        };
        let mut events = list_events(&reader, &filter, start, first as u64 + 1).await.map_err(internal)?;
        if after.is_some() {
            // Asked after the page was read: retention may have been faster.
            let horizon = horizon(&reader).await.map_err(internal)?;
            if start < horizon - 1 {
                return Err(expired(start, horizon));
            }
        }
        connection.has_next_page = events.len() > first;
        events.truncate(first);
        connection.edges.extend(events.into_iter().map(|event| {
            let cursor = place::to_text(domain::events::EventCursor(event.position()));
            Edge::new(cursor, EventObject::new(event))
        }));
        Ok(connection)
    }
}

//! Reading the log by page.

use std::sync::Arc;

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, ID, InputObject, Object, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::Scope;
use domain::errors::ErrorCode;
use domain::limits::PAGE_SIZE_MAX;
use domain::operation::CorrelationId;
use persistence::events::{EventFilter, list_events};

use super::super::errors::{fail, internal};
use super::super::request::{Needs, RequestScope};
use super::super::scalars::EventCursor;
use super::event::EventObject;

/// Which events are wanted. What is not given does not limit.
#[derive(InputObject, Default)]
pub(crate) struct EventFilterInput {
    /// Of these types, e.g. `meeting_booked`.
    #[graphql(default)]
    types: Vec<String>,
    /// About this entity.
    entity_id: Option<ID>,
    /// Of this piece of work.
    correlation_id: Option<String>,
}

#[derive(Default)]
pub(crate) struct EventsQuery;

#[Object]
impl EventsQuery {
    /// The workspace's log, oldest first. A page's cursors resume `meetingEvents` too. Needs `events:subscribe`.
    #[graphql(guard = "Needs(Scope::EventsSubscribe)", complexity = "5 + first.max(1) as usize * child_complexity / 4")]
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
        let after_position = after.map_or(0, |cursor| cursor.0.0);
        let correlation = filter.correlation_id.as_deref().map(CorrelationId::parse);
        let mut connection = Connection::new(after.is_some(), false);
        // A text that is no correlation id belongs to no work.
        let Ok(correlation) = correlation.map(|parsed| parsed.ok_or(())).transpose() else { return Ok(connection) };
        let filter = EventFilter { types: filter.types, entity: filter.entity_id.map(|id| id.0), correlation };
        let reader = RequestScope::of(ctx).reader();
        let mut events = list_events(&reader, &filter, after_position, first as u64 + 1).await.map_err(internal)?;
        connection.has_next_page = events.len() > first;
        events.truncate(first);
        connection.edges.extend(events.into_iter().map(|event| {
            let cursor = URL_SAFE_NO_PAD.encode(format!("e1.{}", event.position));
            Edge::new(cursor, EventObject::new(Arc::new(event)))
        }));
        Ok(connection)
    }
}

//! Following the log: from a cursor, or from now on.

use std::str::FromStr;
use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Result, Subscription};
use domain::events::Entry;
use domain::ids::{HostId, MeetingId, MeetingTypeId};
use futures_util::{Stream, StreamExt, future};

use super::super::errors::internal;
use super::super::request::RequestScope;
use super::super::scalars::EventCursor;
use super::event::{EventObject, MeetingBooked, MeetingOutcomeRecorded};
use super::gap::StreamGap;
use super::queries::{EventFilterInput, check_types, expired};
use crate::subscriptions::Followed;

/// Which meeting events are wanted. What is not given does not limit.
#[derive(InputObject, Default)]
pub(crate) struct MeetingEventFilter {
    /// Of meetings with this host.
    host_id: Option<ID>,
    /// Of meetings of this offer.
    meeting_type_id: Option<ID>,
    /// Of these types: `meeting_booked`, `meeting_rescheduled`, `meeting_cancelled`, `meeting_outcome`.
    #[graphql(default)]
    types: Vec<String>,
}

impl MeetingEventFilter {
    /// Of what cannot be read here nobody can say whose meeting it is about: it is shown rather than lost.
    fn wants(&self, entry: &Entry) -> bool {
        if !self.types.is_empty() && !self.types.iter().any(|kind| kind == entry.kind()) {
            return false;
        }
        let Some(event) = entry.event() else { return MeetingId::from_str(&entry.entity()).is_ok() };
        let Some(meeting) = event.fact.meeting() else { return false };
        let is = |given: &Option<ID>, actual: String| given.as_ref().is_none_or(|id| id.0 == actual);
        is(&self.host_id, HostId::to_string(&meeting.host))
            && is(&self.meeting_type_id, MeetingTypeId::to_string(&meeting.meeting_type))
    }
}

/// The log of the caller's workspace after `after`, or from now on. A cursor beyond the log's end, as one from before a
/// backup was restored may be, also means from now on.
async fn follow(ctx: &Context<'_>, after: Option<EventCursor>) -> Result<impl Stream<Item = Followed> + use<>> {
    let request = RequestScope::of(ctx);
    let newest = persistence::events::position(&request.reader()).await.map_err(internal)?;
    let start = after.map_or(newest, |cursor| cursor.0.0.min(newest));
    Ok(request.hub.follow(request.caller.workspace, Arc::clone(&request.course), start, newest))
}

/// Shows what is wanted of a log, and every gap in it.
fn shown(
    ctx: &Context<'_>,
    log: impl Stream<Item = Followed>,
    wants: impl Fn(&Entry) -> bool,
) -> impl Stream<Item = EventObject> {
    let request = RequestScope::of(ctx);
    let (workspace, edge, correlation) =
        (request.caller.workspace, request.api.edge.clone(), request.correlation.clone());
    let seen = move |followed| match followed {
        Followed::Event(event) => wants(&event).then(|| EventObject::new(event)),
        Followed::Gap(gap) => Some(EventObject::StreamGap(StreamGap {
            gap,
            workspace,
            noticed_at: edge.now(),
            correlation: correlation.clone(),
        })),
    };
    log.filter_map(move |followed| future::ready(seen(followed)))
}

#[derive(Default)]
pub(crate) struct MeetingEventsSubscription;

#[Subscription]
impl MeetingEventsSubscription {
    /// Every booking from now on. Needs `events:subscribe`.
    async fn meeting_booked(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Result<MeetingBooked>>> {
        Ok(only(follow(ctx, None).await?, MeetingBooked::of))
    }

    /// Every recorded outcome from now on. Needs `events:subscribe`.
    async fn meeting_outcome(&self, ctx: &Context<'_>) -> Result<impl Stream<Item = Result<MeetingOutcomeRecorded>>> {
        Ok(only(follow(ctx, None).await?, MeetingOutcomeRecorded::of))
    }

    /// Every change of every meeting, from a cursor or from now on: nothing is lost and nothing comes twice. Where
    /// retention has passed the cursor, a `StreamGap` says so first. Needs `events:subscribe`.
    async fn meeting_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Everything after this event; from now on when it is not given.")] after: Option<EventCursor>,
        #[graphql(default)] filter: MeetingEventFilter,
    ) -> Result<impl Stream<Item = EventObject>> {
        check_types(&filter.types)?;
        Ok(shown(ctx, follow(ctx, after).await?, move |event| filter.wants(event)))
    }

    /// Every event, from a cursor or from now on: nothing is lost and nothing comes twice. Where retention has passed
    /// the cursor, a `StreamGap` says so first. Needs `events:subscribe`.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Everything after this event; from now on when it is not given.")] after: Option<EventCursor>,
        #[graphql(default)] filter: EventFilterInput,
    ) -> Result<impl Stream<Item = EventObject>> {
        check_types(&filter.types)?;
        Ok(shown(ctx, follow(ctx, after).await?, move |event| filter.wants(event)))
    }
}

/// The events of one kind. A stream of one kind has no way to show a gap, so one that comes back to its last place and
/// finds it gone is told by an error.
fn only<T>(log: impl Stream<Item = Followed>, of: impl Fn(&Entry) -> Option<T>) -> impl Stream<Item = Result<T>> {
    log.filter_map(move |followed| {
        future::ready(match followed {
            Followed::Event(event) => of(&event).map(Ok),
            Followed::Gap(gap) => Some(Err(expired(gap.from - 1, gap.to + 1))),
        })
    })
}

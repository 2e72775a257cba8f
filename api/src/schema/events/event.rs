//! Events as callers see them: an interface, and a type for each kind that carries a meeting.

use async_graphql::{Context, ID, Interface, Json, Object};
use domain::access::policy::hidden_data;
use domain::events::{Entry, EventCursor as Position, Fact, PAYLOAD_VERSION, data};

use super::super::meetings::MeetingObject;
use super::super::request::RequestScope;
use super::super::scalars::{DateTime, EventCursor};
use super::gap::StreamGap;

/// A fact in the workspace's log. It carries ids, times and decisions, never personal data.
#[expect(clippy::duplicated_attributes, reason = "two fields of an interface may have the same type")]
#[derive(Interface)]
#[graphql(
    name = "Event",
    field(name = "id", ty = "ID", desc = "Its id: deduplicate by it."),
    field(name = "cursor", ty = "EventCursor", desc = "Its place in the log: resume after it."),
    field(name = "type", method = "kind", ty = "String", desc = "`meeting_booked`, `MQL_reached`, `crm_receipt`, …"),
    field(name = "version", ty = "i32", desc = "The version of the payload's form."),
    field(name = "occurred_at", ty = "DateTime", desc = "When it happened."),
    field(name = "sequence", ty = "i64", desc = "1, 2, 3 … in the workspace, without gaps."),
    field(name = "entity_id", ty = "ID", desc = "What it is about; events of one entity come in order."),
    field(name = "correlation_id", ty = "String", desc = "The work it belongs to."),
    field(
        name = "data",
        ty = "Json<serde_json::Value>",
        desc = "The payload, as its JSON Schema at `/schemas` describes it; null for what the caller's scopes hide \
                elsewhere: scores and owners without `contacts:read`, a CRM's ids without that or `integrations:read`."
    )
)]
pub(crate) enum EventObject {
    MeetingBooked(MeetingBooked),
    MeetingRescheduled(MeetingRescheduled),
    MeetingCancelled(MeetingCancelled),
    MeetingOutcomeRecorded(MeetingOutcomeRecorded),
    OtherEvent(OtherEvent),
    StreamGap(StreamGap),
}

/// The payload, with null for what other fields hide from a caller with these scopes. (Streams share an execution only
/// among callers with the same scopes.)
fn shown(entry: &Entry, request: &RequestScope) -> serde_json::Value {
    // Of what cannot be read here it is not known either what has to be hidden.
    let Some(event) = entry.event() else { return serde_json::json!({}) };
    let mut payload = data(&event.fact);
    for key in hidden_data(entry.kind(), &request.caller.grants) {
        if let Some(value) = payload.get_mut(key) {
            *value = serde_json::Value::Null;
        }
    }
    payload
}

macro_rules! event {
    ($(#[doc = $doc:literal])+ $name:ident { $($body:tt)* }) => {
        #[derive(Debug, Clone)]
        pub(crate) struct $name(Entry);

        $(#[doc = $doc])+
        #[Object]
        impl $name {
            /// Its id: deduplicate by it.
            async fn id(&self) -> ID {
                ID(self.0.id().to_string())
            }
            /// Its place in the log: resume after it.
            async fn cursor(&self) -> EventCursor {
                EventCursor(Position(self.0.position()))
            }
            /// The type, e.g. `meeting_booked`.
            #[graphql(name = "type")]
            async fn kind(&self) -> String {
                self.0.kind().to_owned()
            }
            /// The version of the payload's form.
            async fn version(&self) -> i32 {
                PAYLOAD_VERSION
            }
            /// When it happened.
            async fn occurred_at(&self) -> DateTime {
                DateTime(self.0.occurred_at())
            }
            /// 1, 2, 3 … in the workspace, without gaps.
            async fn sequence(&self) -> i64 {
                self.0.position()
            }
            /// What it is about; events of one entity come in order.
            async fn entity_id(&self) -> ID {
                ID(self.0.entity())
            }
            /// The work it belongs to.
            async fn correlation_id(&self) -> String {
                self.0.correlation().to_owned()
            }
            /// The payload, as its JSON Schema at `/schemas` describes it.
            async fn data(&self, ctx: &Context<'_>) -> Json<serde_json::Value> {
                Json(shown(&self.0, RequestScope::of(ctx)))
            }
            $($body)*
        }
    };
}

macro_rules! meeting_event {
    ($(#[doc = $doc:literal])+ $name:ident) => {
        event! {
            $(#[doc = $doc])+
            $name {
                /// The meeting as the event left it, which may not be as it is now.
                async fn meeting(&self) -> Option<MeetingObject> {
                    self.0.event()?.fact.meeting().cloned().map(MeetingObject)
                }
            }
        }
    };
}

meeting_event! {
    /// A meeting was agreed.
    MeetingBooked
}
meeting_event! {
    /// A meeting moved.
    MeetingRescheduled
}
meeting_event! {
    /// A meeting was called off.
    MeetingCancelled
}
meeting_event! {
    /// What became of a meeting was noted.
    MeetingOutcomeRecorded
}
event! {
    /// Any other event; its payload is in `data`. An event that the server cannot read, as in the middle of an upgrade when
    /// other servers know newer types, is one too: its `data` is empty, and the same place asked for later tells the rest.
    OtherEvent {}
}

macro_rules! only {
    ($name:ident, $fact:ident) => {
        impl $name {
            /// The event, if it is one of this type.
            pub(super) fn of(entry: &Entry) -> Option<Self> {
                let is_one = entry.event().is_some_and(|event| matches!(event.fact, Fact::$fact { .. }));
                is_one.then(|| Self(entry.clone()))
            }
        }
    };
}

only!(MeetingBooked, MeetingBooked);
only!(MeetingOutcomeRecorded, MeetingOutcomeRecorded);

impl EventObject {
    pub(crate) fn new(entry: Entry) -> Self {
        match entry.event().map(|event| &event.fact) {
            Some(Fact::MeetingBooked { .. }) => Self::MeetingBooked(MeetingBooked(entry)),
            Some(Fact::MeetingRescheduled { .. }) => Self::MeetingRescheduled(MeetingRescheduled(entry)),
            Some(Fact::MeetingCancelled { .. }) => Self::MeetingCancelled(MeetingCancelled(entry)),
            Some(Fact::MeetingOutcomeRecorded { .. }) => Self::MeetingOutcomeRecorded(MeetingOutcomeRecorded(entry)),
            _ => Self::OtherEvent(OtherEvent(entry)),
        }
    }
}

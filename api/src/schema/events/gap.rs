//! What a stream says when events are gone that it should have shown.

use async_graphql::{ID, Json, Object};
use chrono::Utc;
use domain::events::EventCursor as Position;
use domain::ids::WorkspaceId;
use domain::operation::CorrelationId;

use super::super::scalars::{DateTime, EventCursor};
use crate::subscriptions::Gap;

/// A hole in the log. It stands in for events, so that a client that knows nothing of it goes on behind it.
#[derive(Debug, Clone)]
pub(crate) struct StreamGap {
    pub(super) gap: Gap,
    pub(super) workspace: WorkspaceId,
    pub(super) noticed_at: chrono::DateTime<Utc>,
    pub(super) correlation: CorrelationId,
}

/// Events that retention has removed before they were read here. What they led to is still there: read the present
/// state by queries, then go on with the stream.
#[Object]
impl StreamGap {
    /// Made of the places that are missing; it is no id of a stored event.
    pub(super) async fn id(&self) -> ID {
        ID(format!("gap_{}_{}", self.gap.from, self.gap.to))
    }

    /// The place of the last missing event: resume after it.
    pub(super) async fn cursor(&self) -> EventCursor {
        EventCursor(Position(self.gap.to))
    }

    /// Always `stream_gap`.
    #[graphql(name = "type")]
    pub(super) async fn kind(&self) -> &str {
        "stream_gap"
    }

    /// The version of the payload's form.
    pub(super) async fn version(&self) -> i32 {
        1
    }

    /// When it was noticed.
    pub(super) async fn occurred_at(&self) -> DateTime {
        DateTime(self.noticed_at)
    }

    /// The `sequence` of the last missing event.
    pub(super) async fn sequence(&self) -> i64 {
        self.gap.to
    }

    /// The workspace.
    pub(super) async fn entity_id(&self) -> ID {
        ID(self.workspace.to_string())
    }

    /// The work it belongs to: the subscription itself.
    pub(super) async fn correlation_id(&self) -> &str {
        self.correlation.as_str()
    }

    /// `from` and `to`.
    pub(super) async fn data(&self) -> Json<serde_json::Value> {
        Json(serde_json::json!({ "from": self.gap.from, "to": self.gap.to }))
    }

    /// The `sequence` of the first missing event.
    async fn from(&self) -> i64 {
        self.gap.from
    }

    /// The `sequence` of the last missing event.
    async fn to(&self) -> i64 {
        self.gap.to
    }
}

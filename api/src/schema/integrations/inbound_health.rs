//! How a connection's webhooks are doing.

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use domain::webhooks::{InboundHealth, InboundOutcome};
use persistence::webhooks::traffic_of;

use super::ConnectionObject;
use crate::schema::errors::{Code, internal};
use crate::schema::request::RequestScope;
use crate::schema::scalars::DateTime;

/// What became of a delivery that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "InboundOutcome")]
pub(crate) enum InboundOutcomeEnum {
    /// It was stored.
    Accepted,
    /// It had been stored before.
    Duplicate,
    /// It was authentic and did not fit its schema; it is kept.
    Quarantined,
    /// It asked whether somebody is there, and was answered.
    Greeted,
    /// It was refused.
    Rejected,
}

impl From<InboundOutcome> for InboundOutcomeEnum {
    fn from(outcome: InboundOutcome) -> Self {
        match outcome {
            InboundOutcome::Accepted => Self::Accepted,
            InboundOutcome::Duplicate => Self::Duplicate,
            InboundOutcome::Quarantined => Self::Quarantined,
            InboundOutcome::Greeted => Self::Greeted,
            InboundOutcome::Rejected(_) => Self::Rejected,
        }
    }
}

/// How many deliveries had one outcome.
#[derive(SimpleObject)]
pub(crate) struct InboundCount {
    /// The outcome.
    outcome: InboundOutcomeEnum,
    /// Why, where they were refused.
    reason: Option<Code>,
    /// How many.
    count: i64,
}

/// How a connection's webhooks are doing. Counts may be behind by a second.
#[derive(SimpleObject)]
#[graphql(name = "InboundHealth")]
pub(crate) struct InboundHealthObject {
    /// When a delivery was last acknowledged.
    last_accepted_at: Option<DateTime>,
    /// When one was last refused.
    last_rejected_at: Option<DateTime>,
    /// Why that one was refused.
    last_rejected_reason: Option<Code>,
    /// What became of those of this hour and the 23 before it.
    counts: Vec<InboundCount>,
}

#[ComplexObject]
impl ConnectionObject {
    /// How its webhooks are doing, of the last 35 days.
    async fn inbound_health(&self, ctx: &Context<'_>) -> Result<InboundHealthObject> {
        let request = RequestScope::of(ctx);
        let traffic = traffic_of(&request.reader(), self.connection).await.map_err(internal)?;
        let health = InboundHealth::of(&traffic, request.api.edge.now());
        let count = |(outcome, count): (InboundOutcome, i64)| InboundCount {
            outcome: outcome.into(),
            reason: outcome.rejection().map(Code),
            count,
        };
        Ok(InboundHealthObject {
            last_accepted_at: health.last_accepted_at.map(DateTime),
            last_rejected_at: health.last_rejected.map(|(at, _)| DateTime(at)),
            last_rejected_reason: health.last_rejected.map(|(_, code)| Code(code)),
            counts: health.counts.into_iter().map(count).collect(),
        })
    }
}

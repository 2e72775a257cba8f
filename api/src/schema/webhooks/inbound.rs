//! What came in by webhook and was kept as it came; and what people decide about what is in quarantine.

use async_graphql::connection::Connection as Paged;
use async_graphql::{Context, Enum, ID, InputObject, Json, Object, Result, SimpleObject};
use commands::webhooks as intents;
use domain::ids::{ConnectionId, InboundDeliveryId};
use domain::webhooks::{InboundDelivery, InboundState, Resolution, Violation};
use persistence::webhooks::{InboundFilter, find_inbound, list_inbound, open_inbound_body};
use serde_json::Value;

use super::super::errors::{UserError, internal};
use super::super::mutation::{Attempt, conclude, id, key};
use super::super::paging::{List, Page};
use super::super::request::{RequestScope, sees};
use super::super::scalars::{DateTime, IdempotencyKey};

/// Where a delivery is that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "InboundDeliveryState", remote = "InboundState")]
pub(crate) enum InboundStateEnum {
    /// A vendor's event, kept.
    Received,
    /// It did not fit its schema and waits for people.
    Quarantined,
    /// It became a submission after all.
    Repaired,
    /// People decided that it is not to be used.
    Discarded,
}

/// One thing that is wrong with a body that came in.
#[derive(SimpleObject)]
pub(crate) struct PayloadViolation {
    /// Where: a JSON Pointer (RFC 6901); empty for the whole body.
    path: String,
    /// What is wrong; never the value.
    message: String,
    /// The keyword of the JSON Schema that says so; `json` for what is no JSON; a code of the catalogue for a time.
    keyword: String,
}

impl From<&Violation> for PayloadViolation {
    fn from(found: &Violation) -> Self {
        Self { path: found.path.clone(), message: found.message.clone(), keyword: found.keyword.clone() }
    }
}

/// How a delivery left quarantine.
#[derive(SimpleObject)]
pub(crate) struct InboundResolution {
    /// Who decided: a client's id; `sender` when a body that fits came under the same delivery id.
    by: String,
    /// When.
    at: DateTime,
    /// Why, if it was discarded.
    reason: Option<String>,
    /// The submission that it became, if it was repaired.
    submission_id: Option<ID>,
}

impl From<&Resolution> for InboundResolution {
    fn from(resolution: &Resolution) -> Self {
        Self {
            by: resolution.by.clone(),
            at: DateTime(resolution.at),
            reason: resolution.reason.clone(),
            submission_id: resolution.submission.map(|id| ID(id.to_string())),
        }
    }
}

pub(crate) struct InboundDeliveryObject(pub InboundDelivery);

impl InboundDeliveryObject {
    /// By its id; nobody without `deliveries:read` finds any.
    pub(crate) async fn load(ctx: &Context<'_>, id: InboundDeliveryId) -> Result<Option<Self>> {
        let request = RequestScope::of(ctx);
        if !sees!(ctx, "InboundDelivery") {
            return Ok(None);
        }
        Ok(find_inbound(&request.reader(), id).await.map_err(internal)?.map(Self))
    }
}

/// A delivery that came in by webhook and was kept as it came: a vendor's event, or a form that did not fit.
#[Object(name = "InboundDelivery")]
impl InboundDeliveryObject {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The connection it came through.
    async fn connection_id(&self) -> ID {
        ID(self.0.connection.to_string())
    }

    /// The sender's id of it.
    async fn delivery_id(&self) -> Option<&str> {
        self.0.delivery_id.as_deref()
    }

    /// Where it is.
    async fn state(&self) -> InboundStateEnum {
        self.0.state.into()
    }

    /// Headers that belong to what it says, by their names in small letters.
    async fn headers(&self) -> Option<Json<Value>> {
        serde_json::to_value(&self.0.headers).ok().map(Json)
    }

    /// The body as it came. Null without `contacts.pii:read`, or if it is no text.
    async fn body(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        let request = RequestScope::of(ctx);
        if !sees!(ctx, "InboundDelivery.body") {
            return Ok(None);
        }
        let body = open_inbound_body(&request.reader(), &request.api.sealer, self.0.id).await.map_err(internal)?;
        Ok(body.and_then(|body| String::from_utf8(body).ok()))
    }

    /// What was wrong with it.
    async fn violations(&self) -> Vec<PayloadViolation> {
        self.0.violations.iter().map(Into::into).collect()
    }

    /// The work it belongs to.
    async fn correlation_id(&self) -> &str {
        self.0.correlation.as_str()
    }

    /// When it came in.
    async fn received_at(&self) -> DateTime {
        DateTime(self.0.received_at)
    }

    /// How it left quarantine; null if it has not, or never was there.
    async fn resolution(&self) -> Option<InboundResolution> {
        self.0.resolution.as_ref().map(Into::into)
    }
}

/// Which deliveries are wanted. What is left out does not limit.
#[derive(Debug, Default, InputObject)]
pub(crate) struct InboundDeliveryFilterInput {
    /// Through this connection.
    connection_id: Option<ID>,
    /// In this state.
    state: Option<InboundStateEnum>,
}

/// What a delivery in quarantine should have said.
#[derive(InputObject)]
pub(crate) struct RepairQuarantinedInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The delivery.
    id: ID,
    /// The whole corrected body.
    body: Json<Value>,
}

/// A delivery in quarantine that is not to be used.
#[derive(InputObject)]
pub(crate) struct DiscardQuarantinedInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The delivery.
    id: ID,
    /// Why, at most 200 characters; kept with the delivery.
    reason: String,
}

/// What became of a repair.
#[derive(SimpleObject)]
pub(crate) struct RepairQuarantinedPayload {
    /// The delivery as it is now; null when it was refused.
    delivery: Option<InboundDeliveryObject>,
    /// Why it was refused: NOT_FOUND, NOT_QUARANTINED, FIELD_MISMATCH.
    errors: Vec<UserError>,
}

/// What became of discarding.
#[derive(SimpleObject)]
pub(crate) struct DiscardQuarantinedPayload {
    /// The delivery as it is now; null when it was refused.
    delivery: Option<InboundDeliveryObject>,
    /// Why it was refused: NOT_FOUND, NOT_QUARANTINED, FIELD_MISMATCH.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct InboundQuery;

#[Object]
impl InboundQuery {
    /// Vendors' events and forms that did not fit, newest first. Needs `deliveries:read`.
    #[graphql(complexity = "5 + first.max(1) as usize * child_complexity / 4")]
    async fn inbound_deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; all of them when left out.")] filter: Option<InboundDeliveryFilterInput>,
        #[graphql(default = 20, desc = "How many, 1–100.")] first: i32,
        #[graphql(desc = "The cursor of the delivery before.")] after: Option<String>,
    ) -> Result<Paged<String, InboundDeliveryObject>> {
        let request = RequestScope::of(ctx);
        let filter = filter.unwrap_or_default();
        let list = List::new(request, "inbound_deliveries", &filter);
        let page = Page::new(&list, first, after.as_deref())?;
        let connection = filter.connection_id.as_ref().map(|id| id.parse::<ConnectionId>()).transpose();
        // What is no id of a connection names nothing, and nothing came through that.
        let Ok(connection) = connection else { return Ok(Paged::new(false, false)) };
        let filter = InboundFilter { connection, state: filter.state.map(Into::into) };
        let rows = list_inbound(&request.reader(), &filter, page.after_id(), page.limit()).await;
        Ok(list.connection(&page, rows.map_err(internal)?, |found| found.id.to_string(), InboundDeliveryObject))
    }
}

#[derive(Default)]
pub(crate) struct QuarantineMutation;

#[Object]
impl QuarantineMutation {
    /// Takes the corrected body of a form in quarantine through the pipeline, as if it had come so. Needs
    /// `deliveries:manage`.
    async fn repair_quarantined(
        &self,
        ctx: &Context<'_>,
        input: RepairQuarantinedInput,
    ) -> Result<RepairQuarantinedPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.id, "id") {
            Err(refusal) => Err(refusal),
            Ok(delivery) => {
                let intent = intents::RepairQuarantined { delivery, body: input.body.0 };
                Ok(intents::repair_quarantined(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (repaired, errors) = conclude(ctx, attempt)?;
        Ok(RepairQuarantinedPayload { delivery: repaired.map(InboundDeliveryObject), errors })
    }

    /// Decides that a delivery in quarantine is not to be used. Needs `deliveries:manage`.
    async fn discard_quarantined(
        &self,
        ctx: &Context<'_>,
        input: DiscardQuarantinedInput,
    ) -> Result<DiscardQuarantinedPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.id, "id") {
            Err(refusal) => Err(refusal),
            Ok(delivery) => {
                let intent = intents::DiscardQuarantined { delivery, reason: input.reason };
                Ok(intents::discard_quarantined(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (discarded, errors) = conclude(ctx, attempt)?;
        Ok(DiscardQuarantinedPayload { delivery: discarded.map(InboundDeliveryObject), errors })
    }
}

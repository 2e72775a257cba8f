//! Webhooks, both ways: forms, submitted through the API or looked up by the webhook that brought them; and endpoints
//! that are told of events.

mod endpoint;
mod form;
mod inbound;
mod inputs;
mod mutations;
mod replays;
mod submission;

use async_graphql::connection::Connection as Paged;
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use commands::contacts::submit_form;
use domain::errors::Refusal;
use domain::ids::{ConnectionId, EndpointId};
use persistence::availability::find_meeting_type_by_slug;
use persistence::webhooks::{find_by_delivery, list_endpoints};

pub(crate) use self::endpoint::EndpointObject;
use self::form::SubmitFormInput;
pub(crate) use self::inbound::{InboundDeliveryObject, InboundQuery, QuarantineMutation};
pub(crate) use self::mutations::EndpointsMutation;
pub(crate) use self::replays::{ReplaysMutation, ReplaysQuery};
use self::submission::SubmissionObject;
use super::errors::{UserError, internal};
use super::mutation::{key, settle};
use super::paging::{List, Page};
use super::request::RequestScope;

/// What came of a form.
#[derive(SimpleObject)]
pub(crate) struct SubmitFormPayload {
    /// The submission, processed; null when it was refused.
    submission: Option<SubmissionObject>,
    /// Why it was refused: FIELD_MISMATCH, UNKNOWN_TIME_ZONE.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct SubmissionsQuery;

#[Object]
impl SubmissionsQuery {
    /// The submission that a webhook brought, by the sender's delivery id. Needs `forms:submit`.
    async fn submission(
        &self,
        ctx: &Context<'_>,
        connection_id: ID,
        delivery_id: String,
    ) -> Result<Option<SubmissionObject>> {
        let Ok(connection) = connection_id.parse::<ConnectionId>() else { return Ok(None) };
        let found =
            find_by_delivery(&RequestScope::of(ctx).reader(), connection, &delivery_id).await.map_err(internal)?;
        Ok(found.map(SubmissionObject::kept))
    }
}

/// Why the visitor of a page may not ask for slots of this offer: it is not one of the page's, or none is named, which
/// would mean any.
async fn closed(request: &RequestScope, slug: Option<&str>) -> Result<Option<Refusal>> {
    if request.caller.page().is_none() {
        return Ok(None);
    }
    let found = match slug {
        Some(slug) => find_meeting_type_by_slug(&request.reader(), slug).await.map_err(internal)?,
        None => None,
    };
    let is_open = found.is_some_and(|found| request.offers(found.id));
    Ok((!is_open).then(|| Refusal::not_found("input.meetingType")))
}

#[derive(Default)]
pub(crate) struct SubmissionsMutation;

#[Object]
impl SubmissionsMutation {
    /// Takes a prospect's form through the pipeline and offers the first free slots. Needs `forms:submit`.
    #[graphql(complexity = "50 + child_complexity")]
    async fn submit_form(&self, ctx: &Context<'_>, input: SubmitFormInput) -> Result<SubmitFormPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let operation = request.operation();
        let form = match input.read(operation.now) {
            Ok(form) => form,
            Err(refusals) => {
                return Ok(SubmitFormPayload {
                    submission: None,
                    errors: refusals.into_iter().map(Into::into).collect(),
                });
            }
        };
        if let Some(refusal) = closed(request, form.form.meeting_type.as_deref()).await? {
            return Ok(SubmitFormPayload { submission: None, errors: vec![refusal.into()] });
        }
        // Boxed: the pipeline holds much at once, and every request would carry the room for it.
        let answered = Box::pin(submit_form(request.stores(), &operation, &key, form)).await;
        let (processed, errors) = settle(ctx, answered)?;
        Ok(SubmitFormPayload { submission: processed.map(SubmissionObject::answered), errors })
    }
}

#[derive(Default)]
pub(crate) struct EndpointsQuery;

#[Object]
impl EndpointsQuery {
    /// The workspace's webhook endpoints, oldest first. Needs `webhooks:read`.
    #[graphql(complexity = "5 + first.max(1) as usize * child_complexity / 4")]
    async fn webhook_endpoints(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "How many, 1–100.")] first: i32,
        #[graphql(desc = "The cursor of the endpoint before.")] after: Option<String>,
    ) -> Result<Paged<String, EndpointObject>> {
        let request = RequestScope::of(ctx);
        let list = List::new(request, "webhook_endpoints", &());
        let page = Page::new(&list, first, after.as_deref())?;
        let rows = list_endpoints(&request.reader(), page.after_id::<EndpointId>(), page.limit()).await;
        Ok(list.connection(&page, rows.map_err(internal)?, |endpoint| endpoint.id.to_string(), EndpointObject))
    }
}

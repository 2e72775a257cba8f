//! `node` and `nodes` (<https://relay.dev/graphql/objectidentification.htm>): anything by its id, if the caller may see
//! its kind. Unknown and hidden look the same.

use async_graphql::{Context, ID, Interface, Object, Result};
use domain::errors::ErrorCode;
use domain::ids::{ContactId, DeliveryId, EndpointId, HostId, InboundDeliveryId, MeetingId, MeetingTypeId};
use domain::limits::PAGE_SIZE_MAX;
use persistence::deliveries::find_delivery;

use super::availability::MeetingTypeObject;
use super::contacts::ContactObject;
use super::errors::{fail, internal};
use super::integrations::DeliveryObject;
use super::meetings::MeetingObject;
use super::request::{RequestScope, loader, sees};
use super::webhooks::{EndpointObject, InboundDeliveryObject};
use super::workspaces::{HostObject, shared};

/// Anything with an id.
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Its id: opaque, global, for ever."))]
pub(crate) enum Node {
    Contact(ContactObject),
    Delivery(DeliveryObject),
    Host(HostObject),
    InboundDelivery(InboundDeliveryObject),
    Meeting(MeetingObject),
    MeetingType(MeetingTypeObject),
    WebhookEndpoint(EndpointObject),
}

async fn find(ctx: &Context<'_>, id: &str) -> Result<Option<Node>> {
    if let Ok(id) = id.parse::<ContactId>() {
        return Ok(ContactObject::load(ctx, id).await?.map(Node::Contact));
    }
    if let (Ok(id), true) = (id.parse::<MeetingId>(), sees!(ctx, "Meeting")) {
        return Ok(loader(ctx)
            .load_one(id)
            .await
            .map_err(shared)?
            .map(|meeting| Node::Meeting(MeetingObject(meeting))));
    }
    if let (Ok(id), true) = (id.parse::<HostId>(), sees!(ctx, "Host")) {
        return Ok(HostObject::load(ctx, id).await?.map(Node::Host));
    }
    if let (Ok(id), true) = (id.parse::<MeetingTypeId>(), sees!(ctx, "MeetingType")) {
        let found = loader(ctx).load_one(id).await.map_err(shared)?;
        return Ok(found.map(|found| Node::MeetingType(MeetingTypeObject(found))));
    }
    if let Ok(id) = id.parse::<EndpointId>() {
        return Ok(EndpointObject::load(ctx, id).await?.map(Node::WebhookEndpoint));
    }
    if let Ok(id) = id.parse::<InboundDeliveryId>() {
        return Ok(InboundDeliveryObject::load(ctx, id).await?.map(Node::InboundDelivery));
    }
    if let (Ok(id), true) = (id.parse::<DeliveryId>(), sees!(ctx, "Delivery")) {
        let found = find_delivery(&RequestScope::of(ctx).reader(), id).await.map_err(internal)?;
        return Ok(found.map(|delivery| Node::Delivery(DeliveryObject(delivery))));
    }
    Ok(None)
}

#[derive(Default)]
pub(crate) struct NodeQuery;

#[Object]
impl NodeQuery {
    /// Anything by its id; null when it is unknown or may not be seen.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Node>> {
        find(ctx, &id).await
    }

    /// Several things by their ids, at most 100, in the same order.
    #[graphql(complexity = "ids.len() * child_complexity")]
    async fn nodes(&self, ctx: &Context<'_>, ids: Vec<ID>) -> Result<Vec<Option<Node>>> {
        if ids.len() > PAGE_SIZE_MAX {
            return Err(fail(ErrorCode::FieldMismatch, format!("At most {PAGE_SIZE_MAX} ids at once.")));
        }
        futures_util::future::try_join_all(ids.iter().map(|id| find(ctx, id))).await
    }
}

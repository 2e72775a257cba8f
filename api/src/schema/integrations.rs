//! Connections to other systems, the CRM's confirmations, deliveries, and what people decide about them.

mod dead_letters;
mod destinations;
mod inbound_health;

use async_graphql::{Context, Enum, ID, Json, Object, Result, SimpleObject};
use domain::ids::ConnectionId;
use domain::integrations::{Connection, ConnectionStatus, Delivery, DeliveryState, Provider};
use persistence::integrations::all_connections;
use persistence::webhooks::find_kept_form;

pub(crate) use self::dead_letters::{DeadLettersMutation, DeadLettersQuery};
pub(crate) use self::destinations::{DestinationsMutation, DestinationsQuery};
use super::errors::internal;
use super::loaders::LinksOf;
use super::request::{RequestScope, loader, sees};
use super::scalars::DateTime;
use super::workspaces::shared;

/// A CRM's record that holds an image of ours.
#[derive(SimpleObject)]
pub(crate) struct CrmRecord {
    /// Through which connection.
    connection_id: ID,
    /// The CRM's id of it.
    external_id: String,
    /// Our version that the CRM confirmed.
    version: i64,
}

impl CrmRecord {
    /// The records of an entity, by its id's text; none of one that is hidden.
    pub(crate) async fn of(ctx: &Context<'_>, entity: Option<String>) -> Result<Vec<Self>> {
        let Some(entity) = entity else { return Ok(Vec::new()) };
        let links = loader(ctx).load_one(LinksOf(entity)).await.map_err(shared)?.unwrap_or_default();
        let record = |link: domain::integrations::EntityLink| Self {
            connection_id: ID(link.connection.to_string()),
            external_id: link.external_id,
            version: link.version,
        };
        Ok(links.into_iter().map(record).collect())
    }
}

/// Whose system a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "Provider", remote = "Provider")]
pub(crate) enum ProviderEnum {
    /// A form tool that sends signed webhooks.
    Webform,
    /// HubSpot CRM.
    #[graphql(name = "HUBSPOT")]
    HubSpot,
    /// Stripe.
    Stripe,
    /// Slack.
    Slack,
    /// Zoom.
    Zoom,
    /// Salesforce.
    Salesforce,
    /// Google Calendar.
    Google,
    /// Microsoft 365, through Graph.
    Microsoft,
}

/// Whether a connection works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "ConnectionStatus", remote = "ConnectionStatus")]
pub(crate) enum ConnectionStatusEnum {
    /// It works.
    Active,
    /// The provider refused our credentials; deliveries wait for people.
    NeedsReauthorisation,
}

/// The workspace's link to a provider.
#[derive(SimpleObject)]
#[graphql(name = "Integration", complex)]
pub(crate) struct ConnectionObject {
    #[graphql(skip)]
    connection: ConnectionId,
    /// Its id.
    id: ID,
    /// Whose system.
    provider: ProviderEnum,
    /// Its name.
    name: String,
    /// The provider's base URL.
    base_url: Option<String>,
    /// Whether it works.
    status: ConnectionStatusEnum,
    /// Since when.
    created_at: DateTime,
}

impl From<Connection> for ConnectionObject {
    fn from(connection: Connection) -> Self {
        Self {
            connection: connection.id,
            id: ID(connection.id.to_string()),
            provider: connection.provider.into(),
            name: connection.name,
            base_url: connection.base_url,
            status: connection.status.into(),
            created_at: DateTime(connection.created_at),
        }
    }
}

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "DeliveryState", remote = "DeliveryState")]
pub(crate) enum DeliveryStateEnum {
    /// Waiting for its turn, or for its next attempt.
    Pending,
    /// The destination confirmed it.
    Done,
    /// It cannot succeed as it is.
    Dead,
    /// It waits for people: the connection must be authorised anew.
    Parked,
    /// People decided that it is not to be made.
    Discarded,
}

pub(crate) struct DeliveryObject(pub Delivery);

/// One event on its way to one destination.
#[Object(name = "Delivery")]
impl DeliveryObject {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Where it goes: a connection's or a webhook endpoint's id, or `pipeline`.
    async fn destination(&self) -> String {
        self.0.job.destination()
    }

    /// The lane that keeps its order.
    async fn lane(&self) -> String {
        self.0.job.lane()
    }

    /// What is to be done: a job names state, "bring X to its newest version".
    async fn payload(&self) -> Option<Json<serde_json::Value>> {
        serde_json::to_value(&self.0.job).ok().map(Json)
    }

    /// The form that `editDeadLetter` would correct, as it is kept. Null for what holds no form, or none that is
    /// JSON, for what is no dead letter, and without `contacts.pii:read`.
    #[graphql(complexity = 5)]
    async fn body(&self, ctx: &Context<'_>) -> Result<Option<Json<serde_json::Value>>> {
        let Ok(submission) = self.0.correctable() else { return Ok(None) };
        if !sees!(ctx, "Delivery.body") {
            return Ok(None);
        }
        let kept = find_kept_form(&RequestScope::of(ctx).reader(), submission).await.map_err(internal)?;
        Ok(kept.and_then(|kept| kept.0).map(Json))
    }

    /// Where it is.
    async fn state(&self) -> DeliveryStateEnum {
        self.0.state.into()
    }

    /// Attempts so far.
    async fn attempts(&self) -> i32 {
        self.0.attempts
    }

    /// Not before this instant.
    async fn next_attempt_at(&self) -> DateTime {
        DateTime(self.0.next_attempt_at)
    }

    /// What went wrong last, without personal data.
    async fn last_error(&self) -> Option<&str> {
        self.0.last_error.as_deref()
    }

    /// The work it belongs to.
    async fn correlation_id(&self) -> &str {
        self.0.correlation.as_str()
    }

    /// When the fact happened that it follows from.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// The place of its event in the log.
    async fn event_position(&self) -> i64 {
        self.0.position
    }
}

#[derive(Default)]
pub(crate) struct IntegrationsQuery;

#[Object]
impl IntegrationsQuery {
    /// The workspace's links to other systems. Needs `integrations:read`.
    async fn connections(&self, ctx: &Context<'_>) -> Result<Vec<ConnectionObject>> {
        let found = all_connections(&RequestScope::of(ctx).reader()).await.map_err(internal)?;
        Ok(found.into_iter().map(Into::into).collect())
    }
}

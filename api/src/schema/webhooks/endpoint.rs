//! An endpoint as callers see it, with its health and what was sent to it.

use async_graphql::connection::Connection as Paged;
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use chrono::TimeDelta;
use domain::ids::{AttemptId, EndpointId};
use domain::webhooks::endpoint::{
    Attempt, Condition, DisabledReason, Endpoint, EndpointFilter, EndpointSecrets, EndpointStatus, MessageKind,
    SignatureScheme, SigningKey, lifecycle,
};
use persistence::deliveries::waiting_for;
use persistence::webhooks::{find_endpoint, list_attempts, open_endpoint, tally};

use super::super::errors::internal;
use super::super::paging::{List, Page};
use super::super::request::{RequestScope, sees};
use super::super::scalars::{DateTime, TimeZone};
use super::super::workspaces::WeeklyHours;

/// Over which time the success rate of an endpoint is told.
const HEALTH_HOURS: i64 = 24;

/// Whether an endpoint is told of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "WebhookEndpointStatus", remote = "EndpointStatus")]
pub(crate) enum EndpointStatusEnum {
    /// It has not yet proved that it wants them: call `verifyWebhookEndpoint`.
    PendingVerification,
    /// It is told.
    Active,
    /// It is not told until somebody enables it.
    Disabled,
}

/// Why an endpoint is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "WebhookDisabledReason", remote = "DisabledReason")]
pub(crate) enum DisabledReasonEnum {
    /// Somebody did it.
    ByHand,
    /// It answered 410 Gone.
    Gone,
    /// It did nothing but fail for five days, or for one day with a hundred failures.
    Failing,
}

/// How the messages to an endpoint are signed (Standard Webhooks 1.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "WebhookSignatureScheme", remote = "SignatureScheme")]
pub(crate) enum SignatureSchemeEnum {
    /// With a shared secret, `whsec_…`: `v1`.
    #[graphql(name = "HMAC_SHA256")]
    HmacSha256,
    /// With a private key that never leaves Meridian; receivers verify with the public one, `whpk_…`: `v1a`.
    #[graphql(name = "ED25519")]
    Ed25519,
}

/// What a message was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "WebhookMessageKind", remote = "MessageKind")]
pub(crate) enum MessageKindEnum {
    /// An event of the log.
    Event,
    /// The challenge that an endpoint has to repeat.
    Verification,
    /// A test message.
    Test,
}

/// Of which events an endpoint is told. What is empty does not limit.
#[derive(SimpleObject)]
pub(crate) struct WebhookFilter {
    /// Of these types.
    types: Vec<String>,
    /// About this entity, by its id.
    entity_id: Option<ID>,
    /// All of these hold.
    conditions: Vec<WebhookCondition>,
}

/// A field of the payload has one of these values.
#[derive(SimpleObject)]
pub(crate) struct WebhookCondition {
    /// The field's path in `data`, e.g. `meeting.host`.
    field: String,
    /// The values.
    any_of: Vec<String>,
}

impl From<EndpointFilter> for WebhookFilter {
    fn from(filter: EndpointFilter) -> Self {
        let condition = |Condition { field, any_of }| WebhookCondition { field, any_of };
        Self {
            types: filter.types.into_iter().map(|kind| kind.as_str().to_owned()).collect(),
            entity_id: filter.entity.map(ID),
            conditions: filter.conditions.into_iter().map(condition).collect(),
        }
    }
}

/// When an endpoint wants to be told.
#[derive(SimpleObject)]
pub(crate) struct WebhookHours {
    /// The zone of the times in here.
    time_zone: TimeZone,
    /// Hours by day of the week.
    weekly: Vec<WeeklyHours>,
}

/// How an endpoint is doing.
#[derive(SimpleObject)]
pub(crate) struct WebhookHealth {
    /// The share of attempts of the last 24 hours that it took, from 0 to 1; null when there were none.
    success_rate: Option<f64>,
    /// Attempts of the last 24 hours.
    attempts: i64,
    /// Failed attempts in a row.
    consecutive_failures: i32,
    /// The first of them.
    failing_since: Option<DateTime>,
    /// When it is disabled if it goes on failing: after five days, or after one day with a hundred failures.
    disables_at: Option<DateTime>,
    /// When the oldest event happened that it has not taken yet; null when nothing waits.
    oldest_undelivered_at: Option<DateTime>,
    /// When the next attempt is due; null when nothing waits.
    next_attempt_at: Option<DateTime>,
}

/// A header as it was sent; secrets are blotted out.
#[derive(SimpleObject)]
pub(crate) struct WebhookHeader {
    /// Its name.
    name: String,
    /// Its value.
    value: String,
}

/// One attempt to reach an endpoint.
#[derive(SimpleObject)]
pub(crate) struct WebhookAttempt {
    /// Its id.
    id: ID,
    /// The delivery that it was an attempt of.
    delivery_id: ID,
    /// The event that it carried, or that asked for it; the value of `webhook-id`.
    event_id: ID,
    /// What was sent.
    kind: MessageKindEnum,
    /// When it began.
    started_at: DateTime,
    /// How long it took, in milliseconds.
    duration_milliseconds: i64,
    /// Whether the endpoint took it.
    delivered: bool,
    /// The HTTP status of the answer; null when there was none.
    status: Option<i32>,
    /// What went wrong, in a sentence.
    error: Option<String>,
    /// The headers that were sent.
    request_headers: Vec<WebhookHeader>,
    /// The body that was sent, cut after 8000 characters.
    request_body: String,
    /// The body that came back, cut after 600 characters, personal data blotted out.
    response_body: Option<String>,
}

impl From<Attempt> for WebhookAttempt {
    fn from(attempt: Attempt) -> Self {
        let header = |(name, value)| WebhookHeader { name, value };
        Self {
            id: ID(attempt.id.to_string()),
            delivery_id: ID(attempt.delivery.to_string()),
            event_id: ID(attempt.event.to_string()),
            kind: attempt.kind.into(),
            started_at: DateTime(attempt.started_at),
            duration_milliseconds: attempt.duration_milliseconds,
            delivered: attempt.delivered,
            status: attempt.status,
            error: attempt.error,
            request_headers: attempt.request_headers.into_iter().map(header).collect(),
            request_body: attempt.request_body,
            response_body: attempt.response_body,
        }
    }
}

pub(crate) struct EndpointObject(pub Endpoint);

impl EndpointObject {
    /// An endpoint by its id, if the caller may see endpoints.
    pub(crate) async fn load(ctx: &Context<'_>, id: EndpointId) -> Result<Option<Self>> {
        let request = RequestScope::of(ctx);
        if !sees!(ctx, "WebhookEndpoint") {
            return Ok(None);
        }
        Ok(find_endpoint(&request.reader(), id).await.map_err(internal)?.map(Self))
    }

    async fn secrets(&self, ctx: &Context<'_>) -> Result<Option<EndpointSecrets>> {
        let request = RequestScope::of(ctx);
        let opened = open_endpoint(&request.reader(), &request.api.sealer, self.0.id).await.map_err(internal)?;
        Ok(opened.map(|(_, secrets)| secrets))
    }
}

/// Where a partner is told of events by signed webhooks (<https://www.standardwebhooks.com>).
#[Object(name = "WebhookEndpoint")]
impl EndpointObject {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Where messages are posted.
    async fn url(&self) -> &str {
        &self.0.url
    }

    /// What it is for.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Of which events it is told.
    async fn filter(&self) -> WebhookFilter {
        self.0.filter.clone().into()
    }

    /// Names of the custom headers; their values are never shown.
    async fn header_names(&self) -> &[String] {
        &self.0.header_names
    }

    /// How long it may take to answer, in seconds.
    async fn timeout_seconds(&self) -> i32 {
        self.0.timeout_seconds
    }

    /// Messages per second at most, from all workers together; null without a limit.
    async fn rate_per_second(&self) -> Option<i32> {
        self.0.rate_per_second
    }

    /// When it wants to be told; null: at any time.
    async fn delivery_hours(&self) -> Option<WebhookHours> {
        self.0.hours.as_ref().map(|hours| WebhookHours {
            time_zone: TimeZone(hours.zone),
            weekly: hours.weekly.iter().map(Into::into).collect(),
        })
    }

    /// Whether it is told.
    async fn status(&self) -> EndpointStatusEnum {
        self.0.status.into()
    }

    /// Why it is not, when it is disabled.
    async fn disabled_reason(&self) -> Option<DisabledReasonEnum> {
        self.0.disabled_reason.map(Into::into)
    }

    /// When its URL proved that it wants to be told.
    async fn verified_at(&self) -> Option<DateTime> {
        self.0.verified_at.map(DateTime)
    }

    /// Until when messages are signed with an older secret too; null when only the newest signs.
    async fn secret_overlap_ends_at(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        let secrets = self.secrets(ctx).await?;
        Ok(secrets.and_then(|secrets| secrets.overlap_ends_at(RequestScope::of(ctx).api.edge.now())).map(DateTime))
    }

    /// How its newest secret or key signs.
    async fn signature(&self, ctx: &Context<'_>) -> Result<SignatureSchemeEnum> {
        Ok(self.secrets(ctx).await?.map(|secrets| secrets.scheme()).unwrap_or_default().into())
    }

    /// The keys, `whpk_` and base64, that its messages' `v1a` signatures are verified with, newest first; while one
    /// replaces another there are two. Empty where secrets sign.
    async fn public_keys(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        let now = RequestScope::of(ctx).api.edge.now();
        let keys = self.secrets(ctx).await?.and_then(|secrets| secrets.signing(now).ok()).unwrap_or_default();
        Ok(keys.iter().filter_map(SigningKey::public).collect())
    }

    /// How it is doing.
    #[graphql(complexity = "10 + child_complexity")]
    async fn health(&self, ctx: &Context<'_>) -> Result<WebhookHealth> {
        let request = RequestScope::of(ctx);
        let (reader, since) = (request.reader(), request.api.edge.now() - TimeDelta::hours(HEALTH_HOURS));
        let tally = tally(&reader, self.0.id, since).await.map_err(internal)?;
        let waits = waiting_for(&reader, &self.0.id.to_string()).await.map_err(internal)?;
        #[expect(clippy::cast_precision_loss, reason = "a day has fewer attempts than a double has exact integers")]
        let rate = (tally.attempts > 0).then(|| tally.delivered as f64 / tally.attempts as f64);
        Ok(WebhookHealth {
            success_rate: rate,
            attempts: i64::try_from(tally.attempts).unwrap_or(i64::MAX),
            consecutive_failures: self.0.failures,
            failing_since: self.0.failing_since.map(DateTime),
            disables_at: lifecycle::disables_at(&self.0).map(DateTime),
            oldest_undelivered_at: waits.map(|waits| DateTime(waits.oldest_at)),
            next_attempt_at: waits.map(|waits| DateTime(waits.next_attempt_at)),
        })
    }

    /// Every attempt to reach it of the last 30 days, newest first.
    #[graphql(complexity = "5 + first.max(1) as usize * child_complexity / 4")]
    async fn attempts(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "How many, 1–100.")] first: i32,
        #[graphql(desc = "The cursor of the attempt before.")] after: Option<String>,
    ) -> Result<Paged<String, WebhookAttempt>> {
        let request = RequestScope::of(ctx);
        let list = List::new(request, "webhook_attempts", &self.0.id);
        let page = Page::new(&list, first, after.as_deref())?;
        let rows = list_attempts(&request.reader(), self.0.id, page.after_id::<AttemptId>(), page.limit()).await;
        Ok(list.connection(&page, rows.map_err(internal)?, |attempt| attempt.id.to_string(), Into::into))
    }

    /// Since when it exists.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When its settings or its status changed last.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// Counts those changes: for `expectedVersion`.
    async fn version(&self) -> i64 {
        self.0.version
    }
}

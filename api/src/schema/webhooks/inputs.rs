//! What callers say when they make and change endpoints.

use std::collections::BTreeMap;

use async_graphql::{ID, InputObject};
use domain::errors::{ErrorCode, Refusal};
use domain::events::EventType;
use domain::limits::ENDPOINT_TIMEOUT_SECONDS_DEFAULT;
use domain::webhooks::endpoint::{Condition, DeliveryHours, EndpointFilter, EndpointSettings};

use super::super::scalars::{IdempotencyKey, TimeZone};
use super::super::workspaces::WeeklyHoursInput;
use super::endpoint::SignatureSchemeEnum;

/// Of which events an endpoint is to be told. What is left out does not limit.
#[derive(InputObject, Default)]
pub(crate) struct WebhookFilterInput {
    /// Of these types, e.g. `meeting_booked`.
    #[graphql(default)]
    types: Vec<String>,
    /// About this entity, by its id.
    entity_id: Option<ID>,
    /// All of these hold; at most 20.
    #[graphql(default)]
    conditions: Vec<WebhookConditionInput>,
}

/// A field of the payload has one of these values.
#[derive(InputObject)]
pub(crate) struct WebhookConditionInput {
    /// The field's path in `data`, e.g. `meeting.host`.
    field: String,
    /// 1–20 texts; numbers and truth values as JSON writes them.
    any_of: Vec<String>,
}

/// A custom header.
#[derive(InputObject)]
pub(crate) struct WebhookHeaderInput {
    /// `authorization`, or a name that begins with `x-`.
    name: String,
    /// Its value: 1–1000 printable ASCII characters. It is kept as a secret.
    value: String,
}

/// When an endpoint wants to be told.
#[derive(InputObject)]
pub(crate) struct DeliveryHoursInput {
    /// The zone of the times in here.
    time_zone: TimeZone,
    /// Hours by day of the week, 1–14 windows.
    weekly: Vec<WeeklyHoursInput>,
}

impl From<DeliveryHoursInput> for DeliveryHours {
    fn from(input: DeliveryHoursInput) -> Self {
        Self { zone: input.time_zone.0, weekly: input.weekly.into_iter().map(Into::into).collect() }
    }
}

/// An endpoint to make.
#[derive(InputObject)]
pub(crate) struct CreateWebhookEndpointInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// Where messages are to be posted: an https URL of a public host, at most 2048 characters.
    url: String,
    /// What it is for, at most 200 characters.
    description: Option<String>,
    /// Of which events it is to be told; of all when it is not given.
    filter: Option<WebhookFilterInput>,
    /// Custom headers, at most 10.
    #[graphql(default)]
    headers: Vec<WebhookHeaderInput>,
    /// How long it may take to answer, 1–30 seconds; 15 when it is not given.
    timeout_seconds: Option<i32>,
    /// Messages per second at most, 1–1000, from all workers together; no limit when it is not given.
    rate_per_second: Option<i32>,
    /// When it wants to be told; at any time when they are not given. Outside of them messages wait.
    delivery_hours: Option<DeliveryHoursInput>,
    /// How its messages are to be signed; HMAC_SHA256 when it is not given.
    pub signature: Option<SignatureSchemeEnum>,
}

/// An endpoint's settings from now on: what is left out is as if it had never been set, but headers stay.
#[derive(InputObject)]
pub(crate) struct UpdateWebhookEndpointInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// The endpoint.
    pub endpoint_id: ID,
    /// The version you have seen.
    pub expected_version: i64,
    /// Where messages are to be posted. Another URL has to be verified anew.
    url: String,
    /// What it is for, at most 200 characters.
    description: Option<String>,
    /// Of which events it is to be told; of all when it is not given.
    filter: Option<WebhookFilterInput>,
    /// Custom headers, at most 10, instead of those it has; those stay when this is not given.
    headers: Option<Vec<WebhookHeaderInput>>,
    /// How long it may take to answer, 1–30 seconds; 15 when it is not given.
    timeout_seconds: Option<i32>,
    /// Messages per second at most, 1–1000, from all workers together; no limit when it is not given.
    rate_per_second: Option<i32>,
    /// When it wants to be told; at any time when they are not given. Outside of them messages wait.
    delivery_hours: Option<DeliveryHoursInput>,
}

macro_rules! endpoint_input {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(InputObject)]
        pub(crate) struct $name {
            /// Names this intent.
            pub idempotency_key: IdempotencyKey,
            /// The endpoint.
            pub endpoint_id: ID,
            /// The version you have seen; any when it is not given.
            pub expected_version: Option<i64>,
        }
    };
}

endpoint_input!(VerifyWebhookEndpointInput, "An endpoint that is to repeat a challenge.");
endpoint_input!(DisableWebhookEndpointInput, "An endpoint that is to be told no more.");
endpoint_input!(EnableWebhookEndpointInput, "An endpoint that is to be told again.");
endpoint_input!(SendTestEventInput, "An endpoint that is to be sent a test message.");
endpoint_input!(DeleteWebhookEndpointInput, "An endpoint that is to be forgotten.");

/// A secret or private key to replace.
#[derive(InputObject)]
pub(crate) struct RotateWebhookSecretInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// Whose secret.
    pub endpoint_id: ID,
    /// How long the known secrets go on signing beside the new one, 0–168 hours; 24 when it is not given.
    pub overlap_hours: Option<i32>,
    /// How the new one signs; as the newest known one when it is not given.
    pub signature: Option<SignatureSchemeEnum>,
}

impl CreateWebhookEndpointInput {
    /// The settings.
    pub(crate) fn settings(self) -> Result<EndpointSettings, Refusal> {
        Ok(EndpointSettings {
            url: self.url,
            description: self.description,
            filter: self.filter.unwrap_or_default().read()?,
            headers: headers(self.headers)?,
            timeout_seconds: self.timeout_seconds.unwrap_or(ENDPOINT_TIMEOUT_SECONDS_DEFAULT),
            rate_per_second: self.rate_per_second,
            hours: self.delivery_hours.map(Into::into),
        })
    }
}

impl UpdateWebhookEndpointInput {
    /// The settings, and whether the headers are among them.
    pub(crate) fn settings(self) -> Result<(EndpointSettings, bool), Refusal> {
        let replaces_headers = self.headers.is_some();
        let settings = EndpointSettings {
            url: self.url,
            description: self.description,
            filter: self.filter.unwrap_or_default().read()?,
            headers: headers(self.headers.unwrap_or_default())?,
            timeout_seconds: self.timeout_seconds.unwrap_or(ENDPOINT_TIMEOUT_SECONDS_DEFAULT),
            rate_per_second: self.rate_per_second,
            hours: self.delivery_hours.map(Into::into),
        };
        Ok((settings, replaces_headers))
    }
}

impl WebhookFilterInput {
    fn read(self) -> Result<EndpointFilter, Refusal> {
        let types = event_types(self.types, "input.filter.types")?;
        let condition = |WebhookConditionInput { field, any_of }| Condition { field, any_of };
        let conditions = self.conditions.into_iter().map(condition).collect();
        Ok(EndpointFilter { types, entity: self.entity_id.map(|id| id.0), conditions })
    }
}

/// Event types by their names.
pub(super) fn event_types(given: Vec<String>, path: &str) -> Result<Vec<EventType>, Refusal> {
    let known = |text: String| EventType::ALL.iter().copied().find(|kind| kind.as_str() == text);
    let types: Option<Vec<EventType>> = given.into_iter().map(known).collect();
    types.ok_or_else(|| {
        let message = "There is an event type in it that Meridian does not know.";
        Refusal::field(ErrorCode::FieldMismatch, path, message)
    })
}

fn headers(given: Vec<WebhookHeaderInput>) -> Result<BTreeMap<String, String>, Refusal> {
    let count = given.len();
    let headers: BTreeMap<_, _> =
        given.into_iter().map(|header| (header.name.to_ascii_lowercase(), header.value)).collect();
    if headers.len() == count {
        return Ok(headers);
    }
    Err(Refusal::field(ErrorCode::FieldMismatch, "input.headers", "A custom header is given once."))
}

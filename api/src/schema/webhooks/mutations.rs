//! Making and changing endpoints: each resolver reads its input, runs one command, and shows the answer.

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use commands::webhooks::{self as intents, EndpointAnswer, EndpointStep, NewSecret};
use domain::ids::EndpointId;
use domain::limits::SECRET_OVERLAP_HOURS_DEFAULT;

use super::super::errors::{UserError, internal};
use super::super::mutation::{Attempt, conclude, id, key};
use super::super::request::RequestScope;
use super::super::scalars::IdempotencyKey;
use super::endpoint::EndpointObject;
use super::inputs::{
    CreateWebhookEndpointInput, DeleteWebhookEndpointInput, DisableWebhookEndpointInput, EnableWebhookEndpointInput,
    RotateWebhookSecretInput, SendTestEventInput, UpdateWebhookEndpointInput, VerifyWebhookEndpointInput,
};

macro_rules! endpoint_payload {
    ($name:ident, $doc:literal, $errors:literal $(, $(#[doc = $field_doc:literal])+ $field:ident: $ty:ty)*) => {
        #[doc = $doc]
        #[derive(SimpleObject)]
        pub(crate) struct $name {
            /// The endpoint as the request left it; null when it was refused.
            webhook_endpoint: Option<EndpointObject>,
            $($(#[doc = $field_doc])+ $field: $ty,)*
            #[doc = $errors]
            errors: Vec<UserError>,
        }
    };
}

endpoint_payload!(
    CreateWebhookEndpointPayload,
    "What became of a new endpoint.",
    "Why it was refused: FIELD_MISMATCH.",
    /// What its messages are signed with, `whsec_` and base64; null for Ed25519, whose `publicKeys` the endpoint shows.
    /// It is not shown again.
    secret: Option<String>
);
endpoint_payload!(
    RotateWebhookSecretPayload,
    "What became of a rotation.",
    "Why it was refused: NOT_FOUND, FIELD_MISMATCH.",
    /// The new secret; null for Ed25519, whose `publicKeys` the endpoint shows. It is not shown again.
    secret: Option<String>
);
endpoint_payload!(
    UpdateWebhookEndpointPayload,
    "What became of a change.",
    "Why it was refused: NOT_FOUND, VERSION_CONFLICT, FIELD_MISMATCH."
);
endpoint_payload!(
    VerifyWebhookEndpointPayload,
    "What became of a verification: the challenge is on its way; `status` and `attempts` tell how it went.",
    "Why it was refused: NOT_FOUND, VERSION_CONFLICT."
);
endpoint_payload!(
    DisableWebhookEndpointPayload,
    "What became of disabling.",
    "Why it was refused: NOT_FOUND, VERSION_CONFLICT."
);
endpoint_payload!(
    EnableWebhookEndpointPayload,
    "What became of enabling.",
    "Why it was refused: NOT_FOUND, VERSION_CONFLICT."
);
endpoint_payload!(
    SendTestEventPayload,
    "What became of a test: the message is on its way; `attempts` tells how it went.",
    "Why it was refused: NOT_FOUND, VERSION_CONFLICT, ENDPOINT_NOT_ACTIVE."
);

/// What became of a deletion.
#[derive(SimpleObject)]
pub(crate) struct DeleteWebhookEndpointPayload {
    /// The endpoint that is gone; null when it was refused.
    webhook_endpoint_id: Option<ID>,
    /// Why it was refused: NOT_FOUND, VERSION_CONFLICT.
    errors: Vec<UserError>,
}

type Shown = (Option<EndpointObject>, Vec<UserError>);

/// Takes one step in the life of an endpoint.
async fn take(
    ctx: &Context<'_>,
    (given_key, endpoint, expected_version): (IdempotencyKey, ID, Option<i64>),
    step: EndpointStep,
) -> Result<Shown> {
    let request = RequestScope::of(ctx);
    let key = key(ctx, &given_key)?;
    let attempt: Attempt<_> = match id::<EndpointId>(&endpoint, "endpointId") {
        Err(refusal) => Err(refusal),
        Ok(endpoint) => {
            let intent = intents::ChangeEndpoint { endpoint, expected_version };
            let with = (step, &request.api.sealer);
            Ok(intents::change_endpoint(request.stores(), &request.operation(), key, intent, with).await)
        }
    };
    let (answer, errors) = conclude(ctx, attempt)?;
    Ok((answer.map(|answer| EndpointObject(answer.endpoint)), errors))
}

/// An answer with the secret that was made.
fn with_secret(
    request: &RequestScope,
    answer: Option<EndpointAnswer>,
) -> Result<(Option<EndpointObject>, Option<String>)> {
    let Some(answer) = answer else { return Ok((None, None)) };
    let secret = answer.open_secret(&request.api.sealer).map_err(internal)?;
    Ok((Some(EndpointObject(answer.endpoint)), secret))
}

#[derive(Default)]
pub(crate) struct EndpointsMutation;

#[Object]
impl EndpointsMutation {
    /// Makes a webhook endpoint, which is told of nothing until it is verified. Needs `webhooks:manage`.
    async fn create_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: CreateWebhookEndpointInput,
    ) -> Result<CreateWebhookEndpointPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let secret = NewSecret { sealer: &request.api.sealer, draw: request.api.config.new_signing_secret };
        let scheme = input.signature.map(Into::into);
        let attempt: Attempt<_> = match input.settings() {
            Err(refusal) => Err(refusal),
            Ok(settings) => {
                let (intent, with) =
                    (intents::CreateEndpoint { settings, scheme }, (request.api.config.webhooks, secret));
                Ok(intents::create_endpoint(request.stores(), &request.operation(), &key, intent, with).await)
            }
        };
        let (answer, errors) = conclude(ctx, attempt)?;
        let (webhook_endpoint, secret) = with_secret(request, answer)?;
        Ok(CreateWebhookEndpointPayload { webhook_endpoint, secret, errors })
    }

    /// Gives a webhook endpoint other settings, all of them. Needs `webhooks:manage`.
    async fn update_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: UpdateWebhookEndpointInput,
    ) -> Result<UpdateWebhookEndpointPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let (endpoint, expected_version) = (id(&input.endpoint_id, "endpointId"), input.expected_version);
        let read = || {
            let (settings, replaces_headers) = input.settings()?;
            Ok(intents::UpdateEndpoint { endpoint: endpoint?, expected_version, settings, replaces_headers })
        };
        let attempt: Attempt<_> = match read() {
            Err(refusal) => Err(refusal),
            Ok(intent) => {
                let with = (request.api.config.webhooks, &request.api.sealer);
                Ok(intents::update_endpoint(request.stores(), &request.operation(), &key, intent, with).await)
            }
        };
        let (answer, errors) = conclude(ctx, attempt)?;
        let webhook_endpoint = answer.map(|answer| EndpointObject(answer.endpoint));
        Ok(UpdateWebhookEndpointPayload { webhook_endpoint, errors })
    }

    /// Sends a webhook endpoint a signed challenge (`endpoint.verification`), which it has to repeat in its answer, as
    /// `{"challenge": "…"}` or as the text alone. Then it is active. Needs `webhooks:manage`.
    async fn verify_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: VerifyWebhookEndpointInput,
    ) -> Result<VerifyWebhookEndpointPayload> {
        let which = (input.idempotency_key, input.endpoint_id, input.expected_version);
        let (webhook_endpoint, errors) = take(ctx, which, EndpointStep::Verify).await?;
        Ok(VerifyWebhookEndpointPayload { webhook_endpoint, errors })
    }

    /// Tells a webhook endpoint no more. What waits for it is parked. Needs `webhooks:manage`.
    async fn disable_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: DisableWebhookEndpointInput,
    ) -> Result<DisableWebhookEndpointPayload> {
        let which = (input.idempotency_key, input.endpoint_id, input.expected_version);
        let (webhook_endpoint, errors) = take(ctx, which, EndpointStep::Disable).await?;
        Ok(DisableWebhookEndpointPayload { webhook_endpoint, errors })
    }

    /// Tells a webhook endpoint again: of what was in line when it was disabled (the oldest 5000), and of what happens
    /// from now on. What happened between is sent by `startReplay`. Needs `webhooks:manage`.
    async fn enable_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: EnableWebhookEndpointInput,
    ) -> Result<EnableWebhookEndpointPayload> {
        let which = (input.idempotency_key, input.endpoint_id, input.expected_version);
        let (webhook_endpoint, errors) = take(ctx, which, EndpointStep::Enable).await?;
        Ok(EnableWebhookEndpointPayload { webhook_endpoint, errors })
    }

    /// Gives a webhook endpoint a new secret or private key, beside which the known ones sign for a while. Needs `webhooks:manage`.
    async fn rotate_webhook_secret(
        &self,
        ctx: &Context<'_>,
        input: RotateWebhookSecretInput,
    ) -> Result<RotateWebhookSecretPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let secret = NewSecret { sealer: &request.api.sealer, draw: request.api.config.new_signing_secret };
        let attempt: Attempt<_> = match id(&input.endpoint_id, "endpointId") {
            Err(refusal) => Err(refusal),
            Ok(endpoint) => {
                let overlap_hours = input.overlap_hours.unwrap_or(SECRET_OVERLAP_HOURS_DEFAULT);
                let scheme = input.signature.map(Into::into);
                let intent = intents::RotateSecret { endpoint, overlap_hours, scheme };
                Ok(intents::rotate_secret(request.stores(), &request.operation(), key, intent, secret).await)
            }
        };
        let (answer, errors) = conclude(ctx, attempt)?;
        let (webhook_endpoint, secret) = with_secret(request, answer)?;
        Ok(RotateWebhookSecretPayload { webhook_endpoint, secret, errors })
    }

    /// Sends a verified webhook endpoint a message of the type `endpoint.test`, once. Needs `webhooks:manage`.
    async fn send_test_event(&self, ctx: &Context<'_>, input: SendTestEventInput) -> Result<SendTestEventPayload> {
        let which = (input.idempotency_key, input.endpoint_id, input.expected_version);
        let (webhook_endpoint, errors) = take(ctx, which, EndpointStep::Test).await?;
        Ok(SendTestEventPayload { webhook_endpoint, errors })
    }

    /// Forgets a webhook endpoint and its secrets; what waits for it becomes dead letters. Needs `webhooks:manage`.
    async fn delete_webhook_endpoint(
        &self,
        ctx: &Context<'_>,
        input: DeleteWebhookEndpointInput,
    ) -> Result<DeleteWebhookEndpointPayload> {
        let which = (input.idempotency_key, input.endpoint_id, input.expected_version);
        let (gone, errors) = take(ctx, which, EndpointStep::Delete).await?;
        Ok(DeleteWebhookEndpointPayload { webhook_endpoint_id: gone.map(|gone| ID(gone.0.id.to_string())), errors })
    }
}

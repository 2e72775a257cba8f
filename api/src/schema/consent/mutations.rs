//! Adding to the ledger.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::consent as intents;

use super::super::errors::UserError;
use super::super::mutation::{Attempt, conclude, id, key};
use super::super::request::RequestScope;
use super::super::scalars::{DateTime, IdempotencyKey};
use super::record::{ChannelEnum, ConsentRecordObject, LawfulBasisEnum, PermissionEnum};

/// What a contact said, and where.
#[derive(InputObject)]
pub(crate) struct RecordConsentInput {
    /// Names this intent.
    pub idempotency_key: IdempotencyKey,
    /// Who said it.
    pub contact_id: ID,
    /// For which channel.
    pub channel: ChannelEnum,
    /// Whether it may be used.
    pub permission: PermissionEnum,
    /// On which ground.
    pub lawful_basis: LawfulBasisEnum,
    /// When it was said; now, unless given. Not in the future.
    pub consent_timestamp: Option<DateTime>,
    /// Where it was said, 1–200 characters: `phone call`, `crm:hubspot`.
    pub source: String,
    /// The words that were agreed to, at most 4000 characters.
    pub wording: Option<String>,
}

/// What became of a statement.
#[derive(SimpleObject)]
pub(crate) struct RecordConsentPayload {
    /// The new entry of the ledger; null when it was refused.
    consent: Option<ConsentRecordObject>,
    /// Why it was refused: NOT_FOUND, FIELD_MISMATCH.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct ConsentMutation;

#[Object]
impl ConsentMutation {
    /// Writes down what a contact allows or forbids. Nothing is overwritten: a withdrawal is another entry. Needs
    /// `consent:write`.
    async fn record_consent(&self, ctx: &Context<'_>, input: RecordConsentInput) -> Result<RecordConsentPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.contact_id, "contactId") {
            Err(refusal) => Err(refusal),
            Ok(contact) => {
                let intent = intents::RecordConsent {
                    contact,
                    channel: input.channel.into(),
                    permission: input.permission.into(),
                    lawful_basis: input.lawful_basis.into(),
                    consent_timestamp: input.consent_timestamp.map(|said| said.0),
                    source: input.source.clone(),
                    wording: input.wording.clone(),
                };
                Ok(intents::record_consent(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (recorded, errors) = conclude(ctx, attempt)?;
        Ok(RecordConsentPayload { consent: recorded.map(|recorded| recorded.record.into()), errors })
    }
}

//! Dead letters: listed, corrected, sent again, discarded.

use async_graphql::connection::Connection as Paged;
use async_graphql::{Context, Enum, ID, InputObject, Json, Object, Result, SimpleObject};
use commands::integrations as intents;
use domain::ids::DeliveryId;
use domain::integrations::DeliveryState;
use persistence::deliveries::{DeadLetterFilter, list_dead_letters};
use serde_json::Value;

use super::DeliveryObject;
use crate::schema::errors::{UserError, internal};
use crate::schema::mutation::{Attempt, conclude, id, key};
use crate::schema::paging::{List, Page};
use crate::schema::request::RequestScope;
use crate::schema::scalars::IdempotencyKey;

/// Why a delivery is a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum DeadLetterState {
    /// It cannot succeed as it is.
    Dead,
    /// It waits for people: the connection must be authorised anew.
    Parked,
}

impl From<DeadLetterState> for DeliveryState {
    fn from(state: DeadLetterState) -> Self {
        match state {
            DeadLetterState::Dead => Self::Dead,
            DeadLetterState::Parked => Self::Parked,
        }
    }
}

/// Which dead letters are wanted. What is left out does not limit.
#[derive(Debug, Default, InputObject)]
pub(crate) struct DeadLetterFilterInput {
    /// On their way to this destination: a connection's id, or `pipeline`.
    destination: Option<String>,
    /// Dead ones, or parked ones.
    state: Option<DeadLetterState>,
}

/// A dead letter to send again.
#[derive(InputObject)]
pub(crate) struct ReplayDeadLetterInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The delivery.
    delivery_id: ID,
}

/// What became of a replay.
#[derive(SimpleObject)]
pub(crate) struct ReplayDeadLetterPayload {
    /// The delivery as it is now; null when it was refused.
    delivery: Option<DeliveryObject>,
    /// Why it was refused: NOT_FOUND, NOT_REPLAYABLE.
    errors: Vec<UserError>,
}

/// Dead letters to send again, oldest first.
#[derive(InputObject)]
pub(crate) struct ReplayDeadLettersInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// Which; all of them when left out.
    filter: Option<DeadLetterFilterInput>,
    /// How many, 1–500.
    #[graphql(default = 100)]
    limit: i32,
}

/// What became of a replay in bulk.
#[derive(SimpleObject)]
pub(crate) struct ReplayDeadLettersPayload {
    /// Deliveries that are under way again; null when it was refused.
    replayed: Option<u64>,
    /// Those that the filter still finds: ask again for them. Null when it was refused.
    remaining: Option<u64>,
    /// Why it was refused: FIELD_MISMATCH.
    errors: Vec<UserError>,
}

/// A dead letter of the pipeline whose form is to be corrected.
#[derive(InputObject)]
pub(crate) struct EditDeadLetterInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The delivery.
    delivery_id: ID,
    /// The whole corrected form, by the schema `webform_submitted`.
    body: Json<Value>,
    /// Why, at most 200 characters; kept in the log, so it names nobody.
    reason: String,
}

/// What became of a correction.
#[derive(SimpleObject)]
pub(crate) struct EditDeadLetterPayload {
    /// The delivery as it is now, under way again; null when it was refused.
    delivery: Option<DeliveryObject>,
    /// What was corrected, as JSON Pointers; an empty one is the whole form. Null when it was refused.
    fields: Option<Vec<String>>,
    /// Why it was refused: NOT_FOUND, NOT_REPLAYABLE, NOT_EDITABLE, FIELD_MISMATCH.
    errors: Vec<UserError>,
}

/// A dead letter that is not to be made.
#[derive(InputObject)]
pub(crate) struct DiscardDeadLetterInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The delivery.
    delivery_id: ID,
    /// Why, at most 200 characters; kept with the delivery.
    reason: String,
}

/// What became of it.
#[derive(SimpleObject)]
pub(crate) struct DiscardDeadLetterPayload {
    /// The delivery as it is now; null when it was refused.
    delivery: Option<DeliveryObject>,
    /// Why it was refused: NOT_FOUND, NOT_REPLAYABLE, FIELD_MISMATCH.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct DeadLettersQuery;

#[Object]
impl DeadLettersQuery {
    /// Deliveries that died or wait for people, newest first. Needs `deliveries:read`.
    #[graphql(complexity = "5 + first.max(1) as usize * child_complexity / 4")]
    async fn dead_letters(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which; all of them when left out.")] filter: Option<DeadLetterFilterInput>,
        #[graphql(default = 20, desc = "How many, 1–100.")] first: i32,
        #[graphql(desc = "The cursor of the delivery before.")] after: Option<String>,
    ) -> Result<Paged<String, DeliveryObject>> {
        let request = RequestScope::of(ctx);
        let filter = filter.unwrap_or_default();
        let list = List::new(request, "dead_letters", &filter);
        let page = Page::new(&list, first, after.as_deref())?;
        let filter = DeadLetterFilter { destination: filter.destination, state: filter.state.map(Into::into) };
        let rows = list_dead_letters(&request.reader(), &filter, page.after_id::<DeliveryId>(), page.limit()).await;
        Ok(list.connection(&page, rows.map_err(internal)?, |delivery| delivery.id.to_string(), DeliveryObject))
    }
}

#[derive(Default)]
pub(crate) struct DeadLettersMutation;

#[Object]
impl DeadLettersMutation {
    /// Sends a dead or parked delivery again, from its first attempt. Needs `deliveries:manage`.
    async fn replay_dead_letter(
        &self,
        ctx: &Context<'_>,
        input: ReplayDeadLetterInput,
    ) -> Result<ReplayDeadLetterPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.delivery_id, "deliveryId") {
            Err(refusal) => Err(refusal),
            Ok(delivery) => {
                let intent = intents::ReplayDeadLetter { delivery };
                Ok(intents::replay_dead_letter(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (replayed, errors) = conclude(ctx, attempt)?;
        Ok(ReplayDeadLetterPayload { delivery: replayed.map(|replayed| DeliveryObject(replayed.delivery)), errors })
    }

    /// Sends dead and parked deliveries again, oldest first. Needs `deliveries:manage`.
    #[graphql(complexity = "50 + child_complexity")]
    async fn replay_dead_letters(
        &self,
        ctx: &Context<'_>,
        input: ReplayDeadLettersInput,
    ) -> Result<ReplayDeadLettersPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let filter = input.filter.unwrap_or_default();
        let intent = intents::ReplayDeadLetters {
            destination: filter.destination,
            state: filter.state.map(Into::into),
            limit: u64::try_from(input.limit).unwrap_or_default(),
        };
        let answered = intents::replay_dead_letters(request.stores(), &request.operation(), key, intent).await;
        let (done, errors) = conclude(ctx, Ok(answered))?;
        let (replayed, remaining) = done.map(|done| (done.replayed, done.remaining)).unzip();
        Ok(ReplayDeadLettersPayload { replayed, remaining, errors })
    }

    /// Corrects the form that a dead letter of the pipeline holds, and sends it again, from its first attempt. Who did
    /// it, why, and which fields is an event (`dead_letter_edited`). Needs `deliveries:manage`.
    async fn edit_dead_letter(&self, ctx: &Context<'_>, input: EditDeadLetterInput) -> Result<EditDeadLetterPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.delivery_id, "deliveryId") {
            Err(refusal) => Err(refusal),
            Ok(delivery) => {
                let intent = intents::EditDeadLetter { delivery, body: input.body.0, reason: input.reason };
                Ok(intents::edit_dead_letter(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (edited, errors) = conclude(ctx, attempt)?;
        let (delivery, fields) = edited.map(|edited| (DeliveryObject(edited.delivery), edited.fields)).unzip();
        Ok(EditDeadLetterPayload { delivery, fields, errors })
    }

    /// Decides that a dead or parked delivery is not to be made; those that it blocked go on. Needs
    /// `deliveries:manage`.
    async fn discard_dead_letter(
        &self,
        ctx: &Context<'_>,
        input: DiscardDeadLetterInput,
    ) -> Result<DiscardDeadLetterPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.delivery_id, "deliveryId") {
            Err(refusal) => Err(refusal),
            Ok(delivery) => {
                let intent = intents::DiscardDeadLetter { delivery, reason: input.reason };
                Ok(intents::discard_dead_letter(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (discarded, errors) = conclude(ctx, attempt)?;
        Ok(DiscardDeadLetterPayload { delivery: discarded.map(|discarded| DeliveryObject(discarded.delivery)), errors })
    }
}

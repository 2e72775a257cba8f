//! What all mutations share: their key, their ids, and how an answer becomes a payload.

use async_graphql::{Context, Error, ID};
use commands::{Answered, Failure, Outcome};
use domain::errors::{ErrorCode, Refusal};
use domain::ids::EntityId;

use super::errors::{UserError, fail, failure};
use super::request::{RequestScope, key_header};
use super::scalars::IdempotencyKey;

/// The key of a mutation. The HTTP header `Idempotency-Key`, if the request has one, must be equal.
pub(crate) fn key<'a>(ctx: &Context<'_>, key: &'a IdempotencyKey) -> Result<&'a str, Error> {
    match key_header(ctx) {
        Some(header) if header != key.0 => {
            let message = "The header `Idempotency-Key` and `input.idempotencyKey` differ.";
            Err(fail(ErrorCode::FieldMismatch, message))
        }
        _ => Ok(&key.0),
    }
}

/// The id that a field names. A text that is no id of the wanted kind names nothing, like an id of another workspace.
pub(crate) fn id<I: EntityId>(given: &ID, field: &str) -> Result<I, Refusal> {
    given.parse().map_err(|_| Refusal::not_found(format!("input.{field}")))
}

/// An optional id.
pub(crate) fn optional_id<I: EntityId>(given: Option<&ID>, field: &str) -> Result<Option<I>, Refusal> {
    given.map(|given| id(given, field)).transpose()
}

/// The answer of a command as what was done, if it was, and the refusals, if it was not.
pub(crate) fn settle<T>(
    ctx: &Context<'_>,
    answered: Result<Answered<T>, Failure>,
) -> Result<(Option<T>, Vec<UserError>), Error> {
    let answered = answered.map_err(failure)?;
    RequestScope::of(ctx).deeds.note(answered.replayed);
    Ok(match answered.outcome {
        Outcome::Done(done) => (Some(done), Vec::new()),
        Outcome::Refused(refusals) => (None, refusals.into_iter().map(Into::into).collect()),
    })
}

/// A command's answer, or the refusal of its input.
pub(crate) type Attempt<T> = Result<Result<Answered<T>, Failure>, Refusal>;

/// Like [`settle`], for a command whose input may already be refused here.
pub(crate) fn conclude<T>(ctx: &Context<'_>, attempt: Attempt<T>) -> Result<(Option<T>, Vec<UserError>), Error> {
    match attempt {
        Ok(answered) => settle(ctx, answered),
        Err(refusal) => Ok((None, vec![refusal.into()])),
    }
}

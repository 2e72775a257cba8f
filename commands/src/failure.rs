//! How a command ends.

use domain::access::Denied;
use domain::errors::{ErrorCode, Refusal, Violation};
use persistence::StoreError;
use serde::{Deserialize, Serialize};

/// A decided answer: it is stored under the idempotency key and replayed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<T> {
    /// It was done.
    Done(T),
    /// It was refused; nothing changed.
    Refused(Vec<Refusal>),
}

impl<T> Outcome<T> {
    /// A refusal for one reason.
    pub fn refused(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

/// An answer, and whether it is a replay of an earlier one.
#[derive(Debug, Clone)]
pub struct Answered<T> {
    /// The answer.
    pub outcome: Outcome<T>,
    /// Whether the command ran earlier, under the same idempotency key.
    pub replayed: bool,
}

impl<T> Answered<T> {
    /// An answer that is not stored: the input was at fault, and the same key may be used for the corrected one.
    pub fn invalid(violations: Vec<Violation>) -> Self {
        Self { outcome: Outcome::Refused(violations.into_iter().map(Refusal::from).collect()), replayed: false }
    }
}

/// Why there is no answer. Nothing was written and nothing is stored under the key.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The caller may not do this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The idempotency key belongs to another payload.
    #[error("the idempotency key was used with another payload")]
    KeyReused,
    /// The idempotency key is at work elsewhere.
    #[error("a request with this idempotency key is still running")]
    InProgress,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure {
    /// The catalogue's code.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Denied(_) => ErrorCode::ScopeDenied,
            Self::KeyReused => ErrorCode::IdempotencyKeyReused,
            Self::InProgress => ErrorCode::IdempotencyInProgress,
            Self::Store(error) if error.is_transient() => ErrorCode::Unavailable,
            // Every writer takes the host's lock first, so the constraint decides only where two stores of rules
            // disagree; the work is undone and can be repeated.
            Self::Store(StoreError::Constraint(name)) if name.contains("reservations_do_not_overlap") => {
                ErrorCode::Unavailable
            }
            Self::Store(_) => ErrorCode::Internal,
        }
    }
}

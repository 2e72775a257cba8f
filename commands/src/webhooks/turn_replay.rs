//! Pause, resume, cancel: what people decide about a replay that is under way.

use domain::access::Permit;
use domain::errors::{ErrorCode, Refusal};
use domain::ids::ReplayId;
use domain::operation::Operation;
use domain::webhooks::replay::ReplayState;
use persistence::bus::Hint;
use persistence::webhooks;
use serde::Serialize;

use super::ReplayAnswer;
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// What is to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayStep {
    /// It waits.
    Pause,
    /// It goes on where it was.
    Resume,
    /// It ends; what it has in line is not sent.
    Cancel,
}

impl ReplayStep {
    /// The mutation, for the fingerprint.
    fn mutation(self) -> &'static str {
        match self {
            Self::Pause => "pauseReplay",
            Self::Resume => "resumeReplay",
            Self::Cancel => "cancelReplay",
        }
    }

    fn state(self) -> ReplayState {
        match self {
            Self::Pause => ReplayState::Paused,
            Self::Resume => ReplayState::Running,
            Self::Cancel => ReplayState::Cancelled,
        }
    }
}

/// Which replay.
#[derive(Debug, Clone, Serialize)]
pub struct TurnReplay {
    /// The replay.
    pub replay: ReplayId,
}

/// Takes the step. Refusals: `NOT_FOUND`, `REPLAY_ENDED`.
pub async fn turn_replay(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: TurnReplay,
    step: ReplayStep,
) -> Result<Answered<ReplayAnswer>, Failure> {
    let permit: Permit<_> = operation.permit()?;
    let keyed = match open(stores, operation, key, (step.mutation(), &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    let outcome = match webhooks::lock_replay(tx, input.replay).await? {
        None => Outcome::refused(Refusal::not_found("input.replayId")),
        Some(replay) => {
            if let Ok(replay) = replay.turn(&permit, step.state(), operation.now) {
                webhooks::replace_replay(tx, &replay).await?;
                Outcome::Done(ReplayAnswer { replay })
            } else {
                let message = "The replay is over.";
                Outcome::refused(Refusal::field(ErrorCode::ReplayEnded, "input.replayId", message))
            }
        }
    };
    let answered = keyed.finish(stores, operation, outcome).await?;
    stores.bus.publish(Hint::Enqueued);
    Ok(answered)
}

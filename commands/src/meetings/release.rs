//! Release: a hold is let go before it expires.

use domain::access::{Permit, action};
use domain::errors::Refusal;
use domain::ids::HoldId;
use domain::operation::Operation;
use persistence::availability::{delete_hold, find_hold};
use serde::{Deserialize, Serialize};

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// Which hold.
#[derive(Debug, Clone, Serialize)]
pub struct ReleaseHold {
    /// The hold.
    pub hold: HoldId,
}

/// A hold that is gone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Released {
    /// Its id.
    pub hold: HoldId,
}

/// Lets a hold of the caller's go. Somebody else's does not exist for the caller.
pub async fn release_hold(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: ReleaseHold,
) -> Result<Answered<Released>, Failure> {
    let _permit: Permit<action::HoldSlot> = operation.permit()?;
    let keyed = match open(stores, operation, key, ("releaseHold", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let own = find_hold(&keyed.tx, input.hold).await?.filter(|hold| hold.owner == operation.actor);
    let outcome = match own {
        Some(hold) => {
            delete_hold(&keyed.tx, hold.id).await?;
            Outcome::Done(Released { hold: hold.id })
        }
        None => Outcome::refused(Refusal::not_found("input.holdId")),
    };
    keyed.finish(stores, operation, outcome).await
}

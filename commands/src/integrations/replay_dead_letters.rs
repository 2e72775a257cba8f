//! Replay in bulk: what an outage left behind is sent again, oldest first.

use std::collections::BTreeSet;

use domain::access::{Permit, action};
use domain::errors::Violation;
use domain::integrations::{ConnectionStatus, DeliveryState};
use domain::limits::DEAD_LETTERS_REPLAYED_MAX;
use domain::operation::Operation;
use persistence::bus::Hint;
use persistence::deliveries::DeadLetterFilter;
use persistence::{deliveries, integrations};
use serde::{Deserialize, Serialize};

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// Which dead letters. Everything that is `None` does not limit.
#[derive(Debug, Clone, Serialize)]
pub struct ReplayDeadLetters {
    /// On their way to this destination.
    pub destination: Option<String>,
    /// Dead ones or parked ones.
    pub state: Option<DeliveryState>,
    /// How many at most, 1 to [`DEAD_LETTERS_REPLAYED_MAX`].
    pub limit: u64,
}

/// What was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayedMany {
    /// Deliveries that are under way again.
    pub replayed: u64,
    /// Those that the filter still finds: ask again for them.
    pub remaining: u64,
}

/// Sends again. Refusal: `FIELD_MISMATCH`. As with a single one, replaying through a connection that needed
/// authorisation says that it has been authorised.
pub async fn replay_dead_letters(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: ReplayDeadLetters,
) -> Result<Answered<ReplayedMany>, Failure> {
    let _permit: Permit<action::ManageDeadLetters> = operation.permit()?;
    if !(1..=DEAD_LETTERS_REPLAYED_MAX).contains(&input.limit) {
        let message = format!("Ask for 1 to {DEAD_LETTERS_REPLAYED_MAX} at a time.");
        return Ok(Answered::invalid(vec![Violation { path: "input.limit".to_owned(), message }]));
    }
    let keyed = match open(stores, operation, key, ("replayDeadLetters", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let (tx, now) = (&keyed.tx, operation.now);
    let filter = DeadLetterFilter { destination: input.destination, state: input.state };
    let (mut replayed, mut connections) = (0, BTreeSet::new());
    for id in deliveries::oldest_dead_letters(tx, &filter, input.limit).await? {
        if let Some(revived) = deliveries::revive(tx, id, now).await? {
            replayed += 1;
            connections.extend(revived.job.connection());
        }
    }
    for connection in connections {
        integrations::set_status(tx, connection, ConnectionStatus::Active).await?;
    }
    let remaining = deliveries::count_dead_letters(tx, &filter).await?;
    let answered = keyed.finish(stores, operation, Outcome::Done(ReplayedMany { replayed, remaining })).await?;
    stores.bus.publish(Hint::Enqueued);
    Ok(answered)
}

//! Busy times: a host is taken elsewhere.

use chrono::{DateTime, Utc};
use domain::access::{Permit, action};
use domain::errors::{Refusal, Violation};
use domain::ids::{BusyTimeId, HostId};
use domain::operation::Operation;
use persistence::availability::{BusyTime, delete_busy_time, insert_busy_time, lock_hosts};
use serde::{Deserialize, Serialize};

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// Time that a host is taken elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct AddBusyTime {
    /// The host.
    pub host: HostId,
    /// From.
    pub starts_at: DateTime<Utc>,
    /// Until, exclusive.
    pub ends_at: DateTime<Utc>,
}

/// Which busy time is over.
#[derive(Debug, Clone, Serialize)]
pub struct RemoveBusyTime {
    /// The busy time.
    pub busy_time: BusyTimeId,
}

/// A busy time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BusyTimeAdded {
    /// Its id.
    pub id: BusyTimeId,
}

/// Adds busy time. Refusals: `NOT_FOUND`, `FIELD_MISMATCH`.
pub async fn add_busy_time(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: AddBusyTime,
) -> Result<Answered<BusyTimeAdded>, Failure> {
    let _permit: Permit<action::ManageAvailability> = operation.permit()?;
    if input.ends_at < input.starts_at {
        let message = "The end lies before the start.".to_owned();
        return Ok(Answered::invalid(vec![Violation { path: "input.endsAt".to_owned(), message }]));
    }
    let keyed = match open(stores, operation, key, ("addBusyTime", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    // Under the host's lock: a booking that is being decided sees it, or comes before it.
    let outcome = if lock_hosts(&keyed.tx, &[input.host]).await?.is_empty() {
        Outcome::refused(Refusal::not_found("input.hostId"))
    } else {
        let busy =
            BusyTime { id: operation.new_id(), host: input.host, starts_at: input.starts_at, ends_at: input.ends_at };
        insert_busy_time(&keyed.tx, busy, operation.now).await?;
        Outcome::Done(BusyTimeAdded { id: busy.id })
    };
    keyed.finish(stores, operation, outcome).await
}

/// Removes busy time. Refusals: `NOT_FOUND`.
pub async fn remove_busy_time(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: RemoveBusyTime,
) -> Result<Answered<BusyTimeAdded>, Failure> {
    let _permit: Permit<action::ManageAvailability> = operation.permit()?;
    let keyed = match open(stores, operation, key, ("removeBusyTime", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let outcome = if delete_busy_time(&keyed.tx, input.busy_time).await? {
        Outcome::Done(BusyTimeAdded { id: input.busy_time })
    } else {
        Outcome::refused(Refusal::not_found("input.busyTimeId"))
    };
    keyed.finish(stores, operation, outcome).await
}

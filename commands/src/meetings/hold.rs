//! Hold: a slot is reserved for a moment, for whoever asked.

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Permit, action};
use domain::errors::{Refusal, Violation};
use domain::ids::{EntityId, HoldId, HostId, MeetingTypeId};
use domain::limits::{HOLD_MINUTES_DEFAULT, HOLD_MINUTES_MAX};
use domain::meetings::{Hold, MeetingType};
use domain::operation::Operation;
use domain::time::Zone;
use domain::workspaces::Host;
use persistence::availability::{Reservation, find_meeting_type, insert_hold, insert_reservation};
use persistence::{StoreError, Tx};
use serde::Serialize;

use super::seat::{Wish, find_host};
use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// What is to be held.
#[derive(Debug, Clone, Serialize)]
pub struct HoldSlot {
    /// The offer.
    pub meeting_type: MeetingTypeId,
    /// The start of an offered slot.
    pub starts_at: DateTime<Utc>,
    /// With whom, when the caller insists; else whoever's turn it is.
    pub host: Option<HostId>,
    /// For how long, 1 to 30 minutes; 10 when it is not said.
    pub minutes: Option<i64>,
    /// The zone that the caller reads times in.
    pub zone: Zone,
}

/// Holds. Refusals: `NOT_FOUND`, `SLOT_TAKEN`, `SLOT_NOT_OFFERED` (both with alternatives), `FIELD_MISMATCH`.
pub async fn hold_slot(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: HoldSlot,
) -> Result<Answered<Hold>, Failure> {
    let _permit: Permit<action::HoldSlot> = operation.permit()?;
    let minutes = input.minutes.unwrap_or(HOLD_MINUTES_DEFAULT);
    if !(1..=HOLD_MINUTES_MAX).contains(&minutes) {
        let message = format!("A hold lasts 1 to {HOLD_MINUTES_MAX} minutes.");
        return Ok(Answered::invalid(vec![Violation { path: "input.minutes".to_owned(), message }]));
    }
    let keyed = match open(stores, operation, key, ("holdSlot", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let expires_at = operation.now + TimeDelta::minutes(minutes);
    let outcome = match prepare(&keyed.tx, operation, &input).await? {
        Ok((offer, host)) => {
            let hold = Hold {
                id: operation.new_id::<HoldId>(),
                meeting_type: offer.id,
                host: host.id,
                starts_at: input.starts_at,
                ends_at: input.starts_at + offer.duration(),
                owner: operation.actor,
                expires_at,
            };
            write(&keyed.tx, &hold, &offer).await?;
            Outcome::Done(hold)
        }
        Err(refusal) => Outcome::refused(refusal),
    };
    keyed.finish(stores, operation, outcome).await
}

async fn prepare(
    tx: &Tx,
    operation: &Operation,
    input: &HoldSlot,
) -> Result<Result<(MeetingType, Host), Refusal>, StoreError> {
    let Some(offer) = find_meeting_type(tx, input.meeting_type).await? else {
        return Ok(Err(Refusal::not_found("input.meetingTypeId")));
    };
    let wish = Wish { offer: &offer, host: input.host, start: input.starts_at, zone: input.zone, ignoring: None };
    let host = find_host(tx, operation, wish).await?;
    Ok(host.map(|host| (offer, host)))
}

async fn write(tx: &Tx, hold: &Hold, offer: &MeetingType) -> Result<(), StoreError> {
    let reservation = Reservation {
        host: hold.host,
        meeting_type: offer.id,
        rules: &offer.rules,
        taken_by: hold.id.uuid(),
        starts_at: hold.starts_at,
        ends_at: hold.ends_at,
        expires_at: Some(hold.expires_at),
    };
    insert_reservation(tx, &reservation).await?;
    insert_hold(tx, hold).await
}

//! Advance: a replay looks at the next batch of the log. Its place, its counts and its deliveries are written together,
//! so that a worker that dies leaves the batch made or not begun.

use domain::events::{Entry, Event};
use domain::ids::ReplayId;
use domain::integrations::{Delivery, DeliveryState, Job};
use domain::limits::{REPLAY_BATCH, REPLAY_WAITING_MAX};
use domain::operation::Operation;
use domain::webhooks::endpoint::EndpointStatus;
use domain::webhooks::replay::{Replay, ReplayState};
use persistence::bus::Hint;
use persistence::{Tx, deliveries, events, webhooks};

use crate::{Failure, Stores};

/// Looks at the next batch, if there is room in line for what it may lead to. Whether there is more to do at once. A
/// replay for an endpoint that is not active waits until it is; one whose endpoint is gone is over.
pub async fn advance_replay(stores: &Stores, operation: &Operation, id: ReplayId) -> Result<bool, Failure> {
    let tx = stores.database.begin(operation.workspace).await?;
    let Some(before) = webhooks::lock_replay(&tx, id).await? else { return Ok(false) };
    if before.state != ReplayState::Running {
        return Ok(false);
    }
    let waiting = deliveries::count_replay_waiting(&tx, id).await?;
    let room = if before.dry_run { REPLAY_BATCH } else { REPLAY_WAITING_MAX.saturating_sub(waiting).min(REPLAY_BATCH) };
    let Some(endpoint) = webhooks::find_endpoint(&tx, before.endpoint).await? else {
        let gone = Replay { state: ReplayState::Cancelled, finished_at: Some(operation.now), ..before };
        webhooks::replace_replay(&tx, &gone).await?;
        tx.commit().await?;
        return Ok(false);
    };
    let is_held_up = endpoint.status != EndpointStatus::Active && !before.dry_run;
    let mut replay = before.clone();
    let mut made = false;
    if !replay.is_scanned() && room > 0 && !is_held_up {
        let stretch = replay.stretch();
        let found = events::list_selected(&tx, &replay.selection, stretch, room).await?;
        let is_full = u64::try_from(found.len()).is_ok_and(|count| count >= room);
        let scanned = found.last().filter(|_| is_full).map_or(stretch.1, Entry::position);
        let is_meant = |event: &Event| replay.selection.takes(&endpoint.filter, endpoint.id, event);
        // Nobody can say whether the endpoint wants what cannot be read: it is passed over.
        let taken: Vec<&Event> =
            found.iter().filter_map(Entry::event).map(AsRef::as_ref).filter(|event| is_meant(event)).collect();
        if !replay.dry_run {
            enqueue(&tx, operation, &replay, &taken).await?;
            made = !taken.is_empty();
        }
        replay = replay.after(scanned, i64::try_from(taken.len()).unwrap_or(i64::MAX));
    }
    let replay = replay.settled(if made { 1 } else { waiting }, operation.now);
    let has_changed = replay != before;
    if has_changed {
        webhooks::replace_replay(&tx, &replay).await?;
        tx.commit().await?;
    }
    if made {
        stores.bus.publish(Hint::Enqueued);
    }
    Ok(has_changed && !replay.is_over())
}

/// In lanes of their own, beside the live ones of the same entities. Their age counts from now: nobody waits for them
/// since the event happened.
async fn enqueue(tx: &Tx, operation: &Operation, replay: &Replay, taken: &[&Event]) -> Result<(), Failure> {
    let delivery = |event: &Event| Delivery {
        id: operation.new_id(),
        job: Job::SendWebhook {
            endpoint: replay.endpoint,
            event: event.id,
            entity: event.fact.entity(),
            replay: Some(replay.id),
        },
        position: event.position,
        state: DeliveryState::Pending,
        attempts: 0,
        next_attempt_at: operation.now,
        last_error: None,
        correlation: event.correlation.clone(),
        created_at: operation.now,
    };
    let made: Vec<Delivery> = taken.iter().copied().map(delivery).collect();
    Ok(deliveries::enqueue_replayed(tx, &made).await?)
}

//! Taking turns: which lanes this process claims next, fairly and within the budgets.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::ids::{DeliveryId, EndpointId, EntityId, WorkspaceId};
use domain::integrations::{Candidate, Circuit, Job, share};
use persistence::deliveries::{Claim, ReadyDestination, claim, ready_destinations, wake_lanes};
use persistence::{StoreError, SystemTx};
use tokio::time::Instant;

use super::Held;
use super::places::{Key, Places};
use crate::{Worker, WorkerConfig};

/// Destinations that are looked at in one round; the next round goes on behind them.
const DESTINATIONS: u32 = 64;
/// Lanes that are put in line in one round. When more sleep is over, the next round wakes them.
const WAKE_BATCH: u64 = 500;

/// Deliveries under way at once to one destination, up to which those of a replay may be begun.
const REPLAYS_UNDER_WAY_MAX: usize = 4;

/// Deliveries of a lane that are claimed at once.
const RUN_MAX: u64 = 32;

/// One place in so many is our own pipeline's alone.
const KEPT_FOR_OUR_OWN: usize = 8;

/// Where the next round goes on. `None`: at the first destination.
pub(super) type Cursor = Option<Key>;

/// Claims what is due, into at most `free` places.
pub(super) async fn take_turns(
    worker: &Worker,
    places: &Places,
    cursor: &mut Cursor,
    free: usize,
) -> Result<Vec<Held>, StoreError> {
    let until = Instant::now() + worker.config.lease;
    let now = worker.edge.now();
    // A lease is prolonged as long as the attempt lasts, so a trial has to last as long.
    let trial_until = now + worker.config.lease.max(worker.config.attempt_timeout);
    let tx = worker.stores.database.begin_system().await?;
    wake_lanes(&tx, now, WAKE_BATCH).await?;
    let ready = next_destinations(&tx, cursor, now).await?;
    let shares = shares(worker, &ready, &places.taken(), free);
    let token = worker.edge.new_id::<DeliveryId>().uuid();
    let mut held = Vec::new();
    for (destination, share) in ready.iter().zip(shares).filter(|(_, share)| *share > 0) {
        let lanes = u64::try_from(share).unwrap_or(u64::MAX);
        let replays = room_for_replays(destination, places.taken().get(&key(destination)).copied());
        let run = run(worker, destination);
        let ask = Claim { lanes, replays, run, token, now, until: now + worker.config.lease, trial_until };
        for run in claim(&tx, destination, &ask).await? {
            held.push(Held { run, until, _place: places.take(key(destination)) });
        }
    }
    tx.commit().await?;
    Ok(held)
}

/// How many of a lane may be claimed at once. Messages are told apart by their ids, so one that is sent again with the
/// rest of its run does no harm; what is written to other systems is claimed one by one, and so is a trial.
fn run(worker: &Worker, destination: &ReadyDestination) -> u64 {
    let is_trial = destination.breaker.circuit(worker.edge.now()) != Circuit::Closed;
    if is_endpoint(destination) && !is_trial { RUN_MAX } else { 1 }
}

fn is_endpoint(destination: &ReadyDestination) -> bool {
    destination.id.starts_with(EndpointId::PREFIX)
}

/// A replay has few places at its destination, and none when live deliveries take as many: what happens now seldom
/// waits for what happened once.
fn room_for_replays(destination: &ReadyDestination, busy: Option<usize>) -> u64 {
    let room = REPLAYS_UNDER_WAY_MAX.saturating_sub(busy.unwrap_or_default());
    if is_endpoint(destination) { u64::try_from(room).unwrap_or_default() } else { 0 }
}

/// Places for each destination. Some are kept for our own pipeline: other systems that hang cannot take them all.
fn shares(worker: &Worker, ready: &[ReadyDestination], taken: &HashMap<Key, usize>, free: usize) -> Vec<usize> {
    let WorkerConfig { concurrency, per_destination, per_workspace, .. } = worker.config;
    let now = worker.edge.now();
    let share_of = |is_wanted: fn(&str) -> bool, free: usize| {
        let candidates: Vec<Candidate> = ready
            .iter()
            .map(|destination| Candidate {
                workspace: destination.workspace,
                busy: taken.get(&key(destination)).copied().unwrap_or_default(),
                budget: match destination.breaker.circuit(now) {
                    _ if !is_wanted(&destination.id) => 0,
                    Circuit::Closed if destination.is_live => per_destination,
                    Circuit::Closed => per_destination.min(REPLAYS_UNDER_WAY_MAX),
                    Circuit::HalfOpen => 1,
                    Circuit::Open => 0,
                },
            })
            .collect();
        let workspaces = by_workspace(taken, is_wanted);
        let busy = |workspace| workspaces.get(&workspace).copied().unwrap_or_default();
        share(&candidates, free, per_workspace, busy)
    };
    let own = share_of(is_own, free);
    let begun: usize = own.iter().sum();
    let under_way: usize = by_workspace(taken, is_own).values().sum();
    let kept = (concurrency / KEPT_FOR_OUR_OWN).saturating_sub(under_way + begun);
    let others = share_of(|id| !is_own(id), free.saturating_sub(begun + kept));
    own.into_iter().zip(others).map(|(own, other)| own + other).collect()
}

fn is_own(destination: &str) -> bool {
    destination == Job::PIPELINE
}

/// The destinations of this round, and where the next one begins: those with the smallest keys must not be served
/// first for ever.
async fn next_destinations(
    tx: &SystemTx,
    cursor: &mut Cursor,
    now: DateTime<Utc>,
) -> Result<Vec<ReadyDestination>, StoreError> {
    let mut ready = ready_destinations(tx, cursor.as_ref(), DESTINATIONS, now).await?;
    let is_full = |ready: &Vec<_>| u32::try_from(ready.len()).is_ok_and(|count| count >= DESTINATIONS);
    if let Some(began_after) = cursor.take()
        && !is_full(&ready)
    {
        let from_the_first = ready_destinations(tx, None, DESTINATIONS, now).await?;
        ready.extend(from_the_first.into_iter().take_while(|destination| key(destination) <= began_after));
    }
    if is_full(&ready) {
        *cursor = ready.last().map(key);
    }
    Ok(ready)
}

fn by_workspace(taken: &HashMap<Key, usize>, is_wanted: fn(&str) -> bool) -> HashMap<WorkspaceId, usize> {
    let mut workspaces: HashMap<WorkspaceId, usize> = HashMap::new();
    for ((workspace, _), count) in taken.iter().filter(|((_, id), _)| is_wanted(id)) {
        *workspaces.entry(*workspace).or_default() += count;
    }
    workspaces
}

fn key(destination: &ReadyDestination) -> Key {
    (destination.workspace, destination.id.clone())
}

//! Claims: a lane and its head are one worker's for the length of a lease.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::ids::{EntityId, WorkspaceId};
use domain::integrations::{Breaker, Circuit, Delivery, OnDeath, Pace, Trial, Turn};
use sea_orm::ConnectionTrait;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::destinations::{lock_for_claim, set_breaker, set_next};
use super::lanes::{self, lane};
use super::next::next_of;
use super::{ReadyDestination, delivery, poison};
use crate::table::padded;
use crate::{Database, StoreError, SystemTx};

/// A delivery that a worker has claimed: nobody else works on it, or on its lane, until the lease ends.
#[derive(Debug, Clone)]
pub struct ClaimedDelivery {
    /// Whose.
    pub workspace: WorkspaceId,
    /// What is to be done.
    pub delivery: Delivery,
    /// What becomes of the lane when the delivery dies.
    pub on_death: OnDeath,
    /// The moment that its destination's rate has for it.
    pub not_before: Option<DateTime<Utc>>,
    /// Set when it tries whether its destination is back.
    pub trial: Option<Trial>,
    pub(super) lane: i64,
    /// Settling asks for it, so a worker that lost its lease cannot overwrite its successor.
    pub(super) claim: Uuid,
}

/// What a worker claims of a destination.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// Lanes at most.
    pub lanes: u64,
    /// Of them, lanes of replays, after all others.
    pub replays: u64,
    /// Deliveries of each lane at most. Where a rate gives each its moment it is one.
    pub run: u64,
    /// Whose claim it is.
    pub token: Uuid,
    /// When it begins.
    pub now: DateTime<Utc>,
    /// When it ends.
    pub until: DateTime<Utc>,
    /// How long the one delivery that tries a half-open circuit may take.
    pub trial_until: DateTime<Utc>,
}

/// What was claimed of a lane, in its order: its head, and those behind it that may follow at once.
pub type Run = Vec<ClaimedDelivery>;

/// What a claim is bound to.
#[derive(Default)]
struct Terms {
    /// It is the trial, and this is remembered of the destination meanwhile.
    trial: Option<(Breaker, Trial)>,
    /// It has these moments.
    pace: Option<(Pace, Vec<DateTime<Utc>>)>,
}

/// Claims lanes of a destination.
pub async fn claim(tx: &SystemTx, destination: &ReadyDestination, ask: &Claim) -> Result<Vec<Run>, StoreError> {
    let mut ask = *ask;
    let Some(Terms { trial, pace }) = terms(tx, destination, &mut ask).await? else { return Ok(Vec::new()) };
    let ready = take_lanes(tx, destination, &ask).await?;
    if ready.is_empty() {
        return Ok(Vec::new());
    }
    let mut next = read_next(tx, destination, &ready, &ask).await?;
    let mut runs = Vec::with_capacity(ready.len());
    let mut begun = Vec::new();
    for (id, name) in ready {
        // A lane without a head: what it held was discarded, or has just been set aside.
        let Some(rows) = next.remove(&name) else {
            let next = lanes::head(&tx.conn, id).await?;
            lanes::turn(&tx.conn, vec![id], next.map_or(Turn::Empty, Turn::Asleep), None, ask.now).await?;
            continue;
        };
        let head = &rows[0];
        // Somebody sent a later one again while this one waits for its next attempt.
        if head.next_attempt_at > ask.now {
            lanes::turn(&tx.conn, vec![id], Turn::Asleep(head.next_attempt_at), None, ask.now).await?;
            continue;
        }
        let (head, attempts) = (head.id, head.attempts);
        match readable(rows) {
            Ok(deliveries) => {
                begun.extend(deliveries.iter().map(|delivery| delivery.id.uuid()));
                let claimed = |delivery| ClaimedDelivery {
                    workspace: destination.workspace,
                    delivery,
                    on_death: destination.on_death,
                    not_before: None,
                    trial: trial.map(|(_, trial)| trial),
                    lane: id,
                    claim: ask.token,
                };
                runs.push(deliveries.into_iter().map(claimed).collect());
                continue;
            }
            Err(error) if poison::is_hopeless(attempts) => {
                poison::set_aside(&tx.conn, destination, (head, &name), &error, ask.now).await?;
                lanes::turn(&tx.conn, vec![id], Turn::Ready, None, ask.now).await?;
            }
            // While two versions run side by side, the older one leaves jobs that it cannot read to the newer one. It
            // keeps the lane for a lease, so as not to find it again at once, and holds up no other; twice, then it is
            // a dead letter.
            Err(error) => tracing::warn!(delivery.id = %head, %error, "a delivery cannot be read"),
        }
        begun.push(head);
    }
    count_attempts(tx, begun).await?;
    if let Some(pace) = pace {
        give_moments(tx, destination, pace, &mut runs).await?;
    }
    if let Some((breaker, _)) = trial.filter(|_| !runs.is_empty()) {
        set_breaker(tx, destination, breaker).await?;
    }
    Ok(runs)
}

/// The terms of a claim, which is narrowed to them. `None`: nothing is to be claimed, because another worker is claiming
/// or has the trial. The destination is locked, so that nobody takes the same trial or the same moments.
async fn terms(tx: &SystemTx, destination: &ReadyDestination, ask: &mut Claim) -> Result<Option<Terms>, StoreError> {
    let is_half_open = destination.breaker.circuit(ask.now) == Circuit::HalfOpen;
    if !is_half_open && destination.rate_per_second.is_none() {
        return Ok(Some(Terms::default()));
    }
    let Some(known) = lock_for_claim(tx, destination).await? else { return Ok(None) };
    let mut terms = Terms::default();
    if is_half_open {
        let Some(trial) = known.breaker.on_trial(ask.now, ask.trial_until) else { return Ok(None) };
        (ask.lanes, ask.run) = (Ord::min(ask.lanes, 1), 1);
        terms.trial = Some(trial);
    }
    if let Some(pace) = known.pace {
        let moments = pace.moments(ask.now, usize::try_from(ask.lanes).unwrap_or(usize::MAX));
        (ask.lanes, ask.run) = (moments.len() as u64, 1);
        terms.pace = Some((pace, moments));
    }
    Ok(Some(terms))
}

/// Marks lanes that stand in line as claimed: their keys and names.
async fn take_lanes(
    tx: &SystemTx,
    destination: &ReadyDestination,
    ask: &Claim,
) -> Result<Vec<(i64, String)>, StoreError> {
    let workspace = destination.workspace.uuid();
    let mut ready = lanes::lock_ready(&tx.conn, workspace, (&destination.id, false), ask.lanes).await?;
    let left = Ord::min(ask.replays, ask.lanes.saturating_sub(ready.len() as u64));
    if left > 0 {
        ready.extend(lanes::lock_ready(&tx.conn, workspace, (&destination.id, true), left).await?);
    }
    if ready.is_empty() {
        return Ok(ready);
    }
    let ids = padded(ready.iter().map(|(id, _)| *id).collect());
    lane::Entity::update_many()
        .col_expr(lane::Column::Ready, Expr::value(false))
        .col_expr(lane::Column::Claim, Expr::value(ask.token))
        .col_expr(lane::Column::WakeAt, Expr::value(ask.until))
        .filter(lane::Column::Id.is_in(ids))
        .exec(&tx.conn)
        .await?;
    Ok(ready)
}

/// Those of a lane's next deliveries that can be read, up to the first that cannot; if that is the head, why not.
fn readable(rows: Vec<delivery::Model>) -> Result<Vec<Delivery>, StoreError> {
    let mut deliveries = Vec::with_capacity(rows.len());
    for row in rows {
        match row.try_into() {
            Ok(delivery) => deliveries.push(delivery),
            Err(error) if deliveries.is_empty() => return Err(error),
            Err(_) => break,
        }
    }
    Ok(deliveries)
}

/// Counts attempts when they are claimed and not when they end: one that kills its process must not be tried for ever.
async fn count_attempts(tx: &SystemTx, deliveries: Vec<Uuid>) -> Result<(), StoreError> {
    if deliveries.is_empty() {
        return Ok(());
    }
    delivery::Entity::update_many()
        .col_expr(delivery::Column::Attempts, Expr::col(delivery::Column::Attempts).add(1))
        .filter(delivery::Column::Id.is_in(padded(deliveries)))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Gives each its moment, and keeps the next free one.
async fn give_moments(
    tx: &SystemTx,
    destination: &ReadyDestination,
    (pace, moments): (Pace, Vec<DateTime<Utc>>),
    runs: &mut [Run],
) -> Result<(), StoreError> {
    let mut last = None;
    for (claimed, moment) in runs.iter_mut().flatten().zip(moments) {
        claimed.not_before = Some(moment);
        last = Some(moment);
    }
    match last {
        Some(last) => set_next(tx, destination, pace.after(last)).await,
        None => Ok(()),
    }
}

/// What comes next in these lanes, in order, by the lanes' names.
async fn read_next(
    tx: &SystemTx,
    destination: &ReadyDestination,
    lanes: &[(i64, String)],
    ask: &Claim,
) -> Result<HashMap<String, Vec<delivery::Model>>, StoreError> {
    let ids = padded(lanes.iter().map(|(id, _)| *id).collect());
    let rows =
        match next_of(&ids, ask.run, tx.conn.get_database_backend()).all(&tx.conn).await.map_err(StoreError::from) {
            Ok(rows) => rows,
            Err(error) if error.is_transient() => return Err(error),
            // One of them is damaged so that not even its row can be read.
            Err(_) => poison::heads_one_by_one(&tx.conn, destination, lanes, ask.now).await?,
        };
    let mut next: HashMap<String, Vec<delivery::Model>> = HashMap::new();
    for row in rows {
        next.entry(row.lane.clone()).or_default().push(row);
    }
    for rows in next.values_mut() {
        rows.sort_unstable_by_key(|row| (row.position, row.id));
        rows.truncate(follow_at_once(rows, ask.now));
    }
    Ok(next)
}

/// How many of a lane's next deliveries go in one run. What was tried before goes alone: if it is what ends its process,
/// the others must not be counted as tried with it again and again.
fn follow_at_once(next: &[delivery::Model], now: DateTime<Utc>) -> usize {
    let is_new = |row: &&delivery::Model| row.attempts == 0 && row.next_attempt_at <= now;
    next.iter().take_while(is_new).count().max(1)
}

/// Gives up every claim: for a worker that knows itself to be the only one when it starts. What its predecessor left
/// in the middle is then due at once, not when the lease would have ended.
pub async fn release_claims(database: &Database) -> Result<u64, StoreError> {
    let tx = database.begin_system().await?;
    let released = lane::Entity::update_many()
        .col_expr(lane::Column::Ready, Expr::value(true))
        .col_expr(lane::Column::Claim, Expr::value(Option::<Uuid>::None))
        .filter(lane::Column::Claim.is_not_null())
        .exec(&tx.conn)
        .await?;
    tx.commit().await?;
    Ok(released.rows_affected)
}

/// Prolongs a lease; `false` when it was lost.
pub async fn prolong(database: &Database, claimed: &ClaimedDelivery, until: DateTime<Utc>) -> Result<bool, StoreError> {
    let tx = database.begin_system().await?;
    let prolonged = lane::Entity::update_many()
        .col_expr(lane::Column::WakeAt, Expr::value(until))
        .filter(lane::Column::Id.eq(claimed.lane))
        .filter(lane::Column::Claim.eq(claimed.claim))
        .exec(&tx.conn)
        .await?;
    tx.commit().await?;
    Ok(prolonged.rows_affected == 1)
}

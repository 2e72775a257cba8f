//! Settling: an attempt ends, once, by whoever still holds the lane.
//!
//! Attempts that end at about the same time are settled together, and those that end alike by one statement: a hundred
//! cost little more than one, which is what lets a thousand a second through.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ids::EntityId;
use domain::integrations::{DeliveryState, Turn, Verdict, next_turn};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;

use super::claims::{ClaimedDelivery, count_attempts, heads_of};
use super::destinations::note_verdicts;
use super::{delivery, lanes};
use crate::convert::to_text;
use crate::table::padded;
use crate::{StoreError, Tx};

/// How an attempt ended.
#[derive(Debug, Clone)]
pub enum Settlement {
    /// The destination confirmed it.
    Done,
    /// Again, not before this instant.
    Retry {
        /// When.
        at: DateTime<Utc>,
        /// What went wrong.
        error: String,
    },
    /// Again, not before this instant, and as if nothing had been tried: nobody was asked.
    Wait {
        /// When.
        until: DateTime<Utc>,
        /// What it waits for.
        reason: String,
    },
    /// It is not wanted any more.
    Discarded {
        /// Why.
        reason: String,
    },
    /// It cannot succeed as it is.
    Dead {
        /// What went wrong.
        error: String,
    },
    /// It waits for people.
    Parked {
        /// What they have to do.
        error: String,
    },
}

/// An attempt that ended, as it is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Ending<'a> {
    /// What was attempted, under which claim.
    pub claimed: &'a ClaimedDelivery,
    /// What becomes of the delivery.
    pub settlement: &'a Settlement,
    /// What it says about the destination.
    pub verdict: Verdict,
    /// Uniform in 0..1: the jitter of a pause that the verdict may lead to.
    pub dice: f64,
    /// Whether whoever attempted it goes on with the next of the lane, if one is due.
    pub goes_on: bool,
}

/// What became of an attempt's end.
#[derive(Debug, Clone)]
pub enum Settled {
    /// Nothing: the lease was lost meanwhile.
    Lost,
    /// It is written, and the lane is let go.
    Ended,
    /// It is written, and this is the next of the lane, under the same claim.
    GoesOn(Box<ClaimedDelivery>),
}

/// How a delivery is left.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Left {
    state: String,
    next_attempt_at: DateTime<Utc>,
    error: Option<String>,
    finished_at: Option<DateTime<Utc>>,
    /// The claim has counted the attempt. It is taken back when nobody was asked.
    attempts: Option<i32>,
}

/// Ends attempts at deliveries of the transaction's workspace, in the order given. Claims that go on last until `until`.
/// Of an attempt whose lease was lost nothing is written.
pub async fn settle(
    tx: &Tx,
    endings: &[Ending<'_>],
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<Settled>, StoreError> {
    let lanes = lanes::lock(tx, endings.iter().map(|ending| ending.claimed.lane)).await?;
    let claim_of = |ending: &Ending<'_>| lanes.get(&ending.claimed.lane).and_then(|lane| lane.claim);
    let is_held = |ending: &Ending<'_>| claim_of(ending) == Some(ending.claimed.claim);
    let held: Vec<Ending<'_>> = endings.iter().filter(|ending| is_held(ending)).copied().collect();
    let mut next = BTreeMap::new();
    if !held.is_empty() {
        leave(tx, &held, now).await?;
        next = turn(tx, &held, &lanes, (now, until)).await?;
        note_verdicts(tx, &held, now).await?;
    }
    let settled = |ending: &Ending<'_>| match next.remove(&ending.claimed.lane) {
        _ if !is_held(ending) => Settled::Lost,
        Some(next) => Settled::GoesOn(Box::new(next)),
        None => Settled::Ended,
    };
    Ok(endings.iter().map(settled).collect())
}

async fn leave(tx: &Tx, endings: &[Ending<'_>], now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut alike: BTreeMap<Left, Vec<Uuid>> = BTreeMap::new();
    for ending in endings {
        alike.entry(left(ending, now)?).or_default().push(ending.claimed.delivery.id.uuid());
    }
    for (left, ids) in alike {
        let mut update = delivery::Entity::update_many()
            .col_expr(delivery::Column::State, Expr::value(left.state))
            .col_expr(delivery::Column::NextAttemptAt, Expr::value(left.next_attempt_at))
            .col_expr(delivery::Column::LastError, Expr::value(left.error))
            .col_expr(delivery::Column::FinishedAt, Expr::value(left.finished_at));
        if let Some(attempts) = left.attempts {
            update = update.col_expr(delivery::Column::Attempts, Expr::value(attempts));
        }
        update
            .filter(delivery::Column::WorkspaceId.eq(tx.workspace.uuid()))
            .filter(delivery::Column::Id.is_in(padded(ids)))
            .exec(&tx.conn)
            .await?;
    }
    Ok(())
}

fn left(ending: &Ending<'_>, now: DateTime<Utc>) -> Result<Left, StoreError> {
    let state = state(ending);
    let (next_attempt_at, error) = match ending.settlement {
        Settlement::Done => (now, None),
        Settlement::Retry { at: next, error: reason } | Settlement::Wait { until: next, reason } => {
            (*next, Some(reason.clone()))
        }
        Settlement::Discarded { reason } => (now, Some(reason.clone())),
        Settlement::Dead { error } | Settlement::Parked { error } => (now, Some(error.clone())),
    };
    let attempts = ending.claimed.delivery.attempts;
    Ok(Left {
        state: to_text(&state)?,
        next_attempt_at,
        error,
        finished_at: (state != DeliveryState::Pending).then_some(now),
        attempts: matches!(ending.settlement, Settlement::Wait { .. }).then_some(attempts),
    })
}

fn state(ending: &Ending<'_>) -> DeliveryState {
    match ending.settlement {
        Settlement::Done => DeliveryState::Done,
        Settlement::Retry { .. } | Settlement::Wait { .. } => DeliveryState::Pending,
        Settlement::Discarded { .. } => DeliveryState::Discarded,
        Settlement::Dead { .. } => ending.claimed.on_death.state(),
        Settlement::Parked { .. } => DeliveryState::Parked,
    }
}

/// Goes on with locked lanes, or lets go of them, each as its head asks; the deliveries that are gone on with.
async fn turn(
    tx: &Tx,
    endings: &[Ending<'_>],
    lanes: &lanes::Locked,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<BTreeMap<i64, ClaimedDelivery>, StoreError> {
    let heads = lanes::heads(&tx.conn, lanes.keys().copied()).await?;
    let turn_of = |ending: &Ending<'_>| {
        let lane = lanes.get(&ending.claimed.lane);
        let head = lane.and_then(|lane| heads.get(&(lane.destination.clone(), lane.lane.clone())));
        next_turn(state(ending), ending.claimed.on_death, head.copied(), now)
    };
    let going: Vec<&ClaimedDelivery> = endings
        .iter()
        .filter(|ending| ending.goes_on && turn_of(ending) == Turn::Ready)
        .map(|ending| ending.claimed)
        .collect();
    let next = if going.is_empty() { BTreeMap::new() } else { go_on(tx, &going, lanes, until).await? };
    let mut alike: BTreeMap<(Turn, Option<Uuid>), Vec<i64>> = BTreeMap::new();
    for ending in endings.iter().filter(|ending| !next.contains_key(&ending.claimed.lane)) {
        let turn = turn_of(ending);
        let blocker = (turn == Turn::Blocked).then(|| ending.claimed.delivery.id.uuid());
        alike.entry((turn, blocker)).or_default().push(ending.claimed.lane);
    }
    for ((turn, blocker), lanes) in alike {
        lanes::turn(&tx.conn, lanes, turn, blocker, now).await?;
    }
    Ok(next)
}

/// Claims the heads of lanes that are claimed. Of lanes whose head cannot be read none is: whoever claims them next sees
/// to it.
async fn go_on(
    tx: &Tx,
    claimed: &[&ClaimedDelivery],
    lanes: &lanes::Locked,
    until: DateTime<Utc>,
) -> Result<BTreeMap<i64, ClaimedDelivery>, StoreError> {
    let ids = padded(claimed.iter().map(|claimed| claimed.lane).collect());
    let heads = delivery::Entity::find().filter(delivery::Column::Id.in_subquery(heads_of(&ids))).all(&tx.conn).await;
    let heads = match heads.map_err(StoreError::from) {
        Ok(heads) => heads,
        Err(error) if error.is_transient() => return Err(error),
        Err(_) => return Ok(BTreeMap::new()),
    };
    let mut heads: BTreeMap<(String, String), delivery::Model> =
        heads.into_iter().map(|row| ((row.destination.clone(), row.lane.clone()), row)).collect();
    let mut next = BTreeMap::new();
    for claimed in claimed {
        let lane = lanes.get(&claimed.lane).map(|lane| (lane.destination.clone(), lane.lane.clone()));
        if let Some(Ok(delivery)) = lane.and_then(|lane| heads.remove(&lane)).map(TryInto::try_into) {
            next.insert(claimed.lane, ClaimedDelivery { delivery, ..(*claimed).clone() });
        }
    }
    count_attempts(&tx.conn, next.values().map(|next| next.delivery.id.uuid()).collect()).await?;
    lanes::hold(&tx.conn, next.keys().copied().collect(), until).await?;
    Ok(next)
}

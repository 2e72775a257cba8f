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

use super::claims::ClaimedDelivery;
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
    /// It was claimed behind others, and its turn did not come: as if it had not been claimed.
    Untouched,
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
    /// The URL that was asked, of a destination that may be at another one by now.
    pub sent_to: Option<&'a str>,
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

/// Ends attempts at deliveries of the transaction's workspace, in the order given: for each, whether its lease still
/// held. Of one whose lease was lost nothing is written. What was claimed together of a lane ends together.
pub async fn settle(tx: &Tx, endings: &[Ending<'_>], now: DateTime<Utc>) -> Result<Vec<bool>, StoreError> {
    let lanes = lanes::lock(tx, endings.iter().map(|ending| ending.claimed.lane)).await?;
    let claim_of = |ending: &Ending<'_>| lanes.get(&ending.claimed.lane).and_then(|lane| lane.claim);
    let is_held = |ending: &Ending<'_>| claim_of(ending) == Some(ending.claimed.claim);
    let held: Vec<Ending<'_>> = endings.iter().filter(|ending| is_held(ending)).copied().collect();
    if !held.is_empty() {
        leave(tx, &held, now).await?;
        turn(tx, &held, &lanes, now).await?;
        note_verdicts(tx, &held, now).await?;
    }
    Ok(endings.iter().map(is_held).collect())
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
        Settlement::Untouched => (ending.claimed.delivery.next_attempt_at, ending.claimed.delivery.last_error.clone()),
    };
    let was_made = !matches!(ending.settlement, Settlement::Wait { .. } | Settlement::Untouched);
    Ok(Left {
        state: to_text(&state)?,
        next_attempt_at,
        error,
        finished_at: (state != DeliveryState::Pending).then_some(now),
        attempts: (!was_made).then_some(ending.claimed.delivery.attempts),
    })
}

fn state(ending: &Ending<'_>) -> DeliveryState {
    match ending.settlement {
        Settlement::Done => DeliveryState::Done,
        Settlement::Retry { .. } | Settlement::Wait { .. } | Settlement::Untouched => DeliveryState::Pending,
        Settlement::Discarded { .. } => DeliveryState::Discarded,
        Settlement::Dead { .. } => ending.claimed.on_death.state(),
        Settlement::Parked { .. } => DeliveryState::Parked,
    }
}

/// Lets go of the locked lanes, each as its head asks, and as the last that was attempted of it ended.
async fn turn(tx: &Tx, endings: &[Ending<'_>], lanes: &lanes::Locked, now: DateTime<Utc>) -> Result<(), StoreError> {
    let heads = lanes::heads(&tx.conn, lanes.keys().copied()).await?;
    let mut last: BTreeMap<i64, &Ending<'_>> = BTreeMap::new();
    for ending in endings.iter().filter(|ending| !matches!(ending.settlement, Settlement::Untouched)) {
        last.insert(ending.claimed.lane, ending);
    }
    let mut alike: BTreeMap<(Turn, Option<Uuid>), Vec<i64>> = BTreeMap::new();
    for (lane, ending) in last {
        let head = lanes.get(&lane).and_then(|lane| heads.get(&(lane.destination.clone(), lane.lane.clone())));
        let turn = next_turn(state(ending), ending.claimed.on_death, head.copied(), now);
        let blocker = (turn == Turn::Blocked).then(|| ending.claimed.delivery.id.uuid());
        alike.entry((turn, blocker)).or_default().push(lane);
    }
    for ((turn, blocker), lanes) in alike {
        lanes::turn(&tx.conn, lanes, turn, blocker, now).await?;
    }
    Ok(())
}

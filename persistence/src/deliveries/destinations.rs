//! Destinations: which have lanes in line, and what is remembered of those that gave trouble.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::ids::{EndpointId, EntityId, WorkspaceId};
use domain::integrations::{Breaker, OnDeath, Pace, Verdict};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ActiveModelTrait, Condition, ConnectionTrait, FromQueryResult, IntoActiveModel, QuerySelect, Statement};

use super::settle::Ending;
use crate::convert::{from_text, to_text};
use crate::table::{rows, tenant_table};
use crate::webhooks::find_standing;
use crate::{Scope, StoreError, SystemTx, Tx};

tenant_table!(destination = "destinations" {
    #[sea_orm(primary_key, auto_increment = false)]
    workspace_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    failures: i32,
    open_until: Option<DateTimeUtc>,
    on_death: String,
    rate_per_second: Option<i32>,
    next_send_at: Option<DateTimeUtc>,
});

/// A destination with at least one lane in line, which may be sent something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadyDestination {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Which, as in [`domain::integrations::Job::destination`].
    pub id: String,
    /// What is remembered of it.
    pub breaker: Breaker,
    /// What becomes of its lanes when a delivery dies.
    pub on_death: OnDeath,
    /// Whether one of them is a live one, and not a replay's.
    pub is_live: bool,
    /// Messages per second at most.
    pub rate_per_second: Option<i32>,
}

#[derive(FromQueryResult)]
struct ReadyRow {
    workspace_id: Uuid,
    destination: String,
    failures: Option<i32>,
    open_until: Option<DateTimeUtc>,
    on_death: Option<String>,
    rate_per_second: Option<i32>,
    is_live: bool,
}

// From one destination to the next by the index, so that the cost is that of the destinations and not of their lanes.
// Live lanes come first, so the first of a destination tells whether it has one; and only the index of the lanes in line
// has that order: the others would walk the lanes that sleep, too. Those whose circuit is open are passed over and not
// counted: however many are away, the others are all found.
const READY: &str = "
WITH RECURSIVE due (workspace_id, destination, is_live, is_open, place) AS (
  SELECT l.workspace_id, l.destination, NOT l.behind, coalesce(d.open_until > $4, FALSE),
    CASE WHEN d.open_until > $4 THEN 0 ELSE 1 END
  FROM lanes l LEFT JOIN destinations d ON d.workspace_id = l.workspace_id AND d.id = l.destination
  WHERE l.id = (
    SELECT f.id FROM lanes f WHERE f.ready AND (f.workspace_id, f.destination) > ($1, $2)
    ORDER BY f.workspace_id, f.destination, f.behind LIMIT 1)
  UNION ALL
  SELECT l.workspace_id, l.destination, NOT l.behind, coalesce(d.open_until > $4, FALSE),
    due.place + CASE WHEN d.open_until > $4 THEN 0 ELSE 1 END
  FROM due JOIN lanes l ON l.id = (
    SELECT n.id FROM lanes n WHERE n.ready AND (n.workspace_id, n.destination) > (due.workspace_id, due.destination)
    ORDER BY n.workspace_id, n.destination, n.behind LIMIT 1)
  LEFT JOIN destinations d ON d.workspace_id = l.workspace_id AND d.id = l.destination
  WHERE due.place < $3
)
SELECT due.workspace_id, due.destination, due.is_live, d.failures, d.open_until, d.on_death, d.rate_per_second
FROM due LEFT JOIN destinations d ON d.workspace_id = due.workspace_id AND d.id = due.destination
WHERE NOT due.is_open
ORDER BY due.place";

/// Destinations with lanes in line, in a fixed order, after this one; not those that are to be left alone now.
pub async fn ready_destinations(
    tx: &SystemTx,
    after: Option<&(WorkspaceId, String)>,
    limit: u32,
    now: DateTime<Utc>,
) -> Result<Vec<ReadyDestination>, StoreError> {
    let (workspace, id) = after.map_or((Uuid::nil(), ""), |(workspace, id)| (workspace.uuid(), id));
    let values = [workspace.into(), id.into(), i64::from(limit).into(), now.into()];
    let statement = Statement::from_sql_and_values(tx.conn.get_database_backend(), READY, values);
    let found = ReadyRow::find_by_statement(statement).all(&tx.conn).await?;
    found
        .into_iter()
        .map(|row| {
            Ok(ReadyDestination {
                workspace: WorkspaceId::from_uuid(row.workspace_id),
                id: row.destination,
                breaker: Breaker { failures: row.failures.unwrap_or_default(), open_until: row.open_until },
                on_death: row.on_death.map(|text| from_text(&text)).transpose()?.unwrap_or_default(),
                is_live: row.is_live,
                rate_per_second: row.rate_per_second,
            })
        })
        .collect()
}

/// Remembers what attempts said about their destinations, with the settlement. Healthy destinations cost nothing.
pub(super) async fn note_verdicts(tx: &Tx, endings: &[Ending<'_>], now: DateTime<Utc>) -> Result<(), StoreError> {
    let mut by_destination: BTreeMap<String, Vec<&Ending<'_>>> = BTreeMap::new();
    // A trial that says nothing is over, too.
    let says_something = |ending: &&Ending<'_>| ending.verdict != Verdict::Unknown || ending.claimed.trial.is_some();
    for ending in endings.iter().filter(says_something) {
        by_destination.entry(ending.claimed.delivery.job.destination()).or_default().push(ending);
    }
    for (id, endings) in by_destination {
        if endings.iter().all(|ending| ending.verdict == Verdict::Works && ending.claimed.trial.is_none()) {
            forget_failures(tx, &id, now).await?;
            continue;
        }
        let row = lock(tx, &id).await?;
        let endings = still_true(tx, &id, endings).await?;
        let known = Breaker { failures: row.failures, open_until: row.open_until };
        let breaker = endings.iter().fold(known, |breaker, ending| match ending.claimed.trial {
            Some(trial) => breaker.after_trial(trial, ending.verdict, now, ending.dice),
            None => breaker.after(ending.verdict, now, ending.dice),
        });
        write(tx, destination::Model { failures: breaker.failures, open_until: breaker.open_until, ..row }).await?;
    }
    Ok(())
}

/// Without attempts at an endpoint where it is no more. Asked under the lock of the destination, which whoever changes
/// the URL takes before.
async fn still_true<'a>(tx: &Tx, id: &str, endings: Vec<&'a Ending<'a>>) -> Result<Vec<&'a Ending<'a>>, StoreError> {
    let Ok(endpoint) = id.parse::<EndpointId>() else { return Ok(endings) };
    let url = find_standing(tx, endpoint).await?.map(|standing| standing.url);
    let is_there = |ending: &&Ending<'_>| ending.sent_to.is_none_or(|to| Some(to) == url.as_deref());
    Ok(endings.into_iter().filter(is_there).collect())
}

/// What [`Breaker::after`] makes of a success, in one statement that finds nothing to do where all is well. By the row
/// as it is now: of many under way at once, those that succeed may have begun before the failures.
async fn forget_failures(tx: &Tx, id: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    use destination::Column::{Failures, Id, OpenUntil, WorkspaceId};
    destination::Entity::update_many()
        .col_expr(Failures, Expr::value(0))
        .col_expr(OpenUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(WorkspaceId.eq(tx.workspace.uuid()))
        .filter(Id.eq(id))
        .filter(Condition::any().add(Failures.ne(0)).add(OpenUntil.is_not_null()))
        .filter(Condition::any().add(OpenUntil.is_null()).add(OpenUntil.lte(now)))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Forgets that a destination gave trouble: it is elsewhere now, or somebody says that it is well. An attempt at where it
/// was before says nothing about it any more, see [`Ending::sent_to`].
pub async fn close_circuit(tx: &Tx, id: &str) -> Result<(), StoreError> {
    let row = lock(tx, id).await?;
    write(tx, destination::Model { failures: 0, open_until: None, ..row }).await
}

/// Forgets a destination that is no more: its circuit and its rate would only delay those who find that out.
pub async fn forget_destination(tx: &Tx, id: &str) -> Result<(), StoreError> {
    destination::Entity::delete_many()
        .filter(destination::Column::WorkspaceId.eq(tx.workspace.uuid()))
        .filter(destination::Column::Id.eq(id))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Sets what becomes of the destination's lanes when a delivery dies.
pub async fn set_on_death(tx: &Tx, id: &str, on_death: OnDeath) -> Result<(), StoreError> {
    let row = lock(tx, id).await?;
    write(tx, destination::Model { on_death: to_text(&on_death)?, ..row }).await
}

/// Sets how many messages per second go there at most, from all workers together.
pub async fn set_rate(tx: &Tx, id: &str, rate_per_second: Option<i32>) -> Result<(), StoreError> {
    let row = lock(tx, id).await?;
    if row.rate_per_second == rate_per_second {
        return Ok(());
    }
    write(tx, destination::Model { rate_per_second, ..row }).await
}

/// What claims of a destination depend on.
pub(super) struct Known {
    pub(super) breaker: Breaker,
    /// Of one that has a rate.
    pub(super) pace: Option<Pace>,
}

/// What claims of a destination depend on, locked. `None` when another worker is claiming: it is looked at again soon,
/// and waiting for it could be waiting for each other.
pub(super) async fn lock_for_claim(tx: &SystemTx, destination: &ReadyDestination) -> Result<Option<Known>, StoreError> {
    let found = destination::Entity::find()
        .filter(destination::Column::WorkspaceId.eq(destination.workspace.uuid()))
        .filter(destination::Column::Id.eq(&destination.id))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(&tx.conn)
        .await?;
    let pace = |row: &destination::Model| {
        destination.rate_per_second.map(|per_second| Pace { per_second, next: row.next_send_at })
    };
    let known = |row: destination::Model| Known {
        pace: pace(&row),
        breaker: Breaker { failures: row.failures, open_until: row.open_until },
    };
    Ok(found.map(known))
}

/// Writes what is remembered of a locked destination.
pub(super) async fn set_breaker(
    tx: &SystemTx,
    destination: &ReadyDestination,
    breaker: Breaker,
) -> Result<(), StoreError> {
    destination::Entity::update_many()
        .col_expr(destination::Column::Failures, Expr::value(breaker.failures))
        .col_expr(destination::Column::OpenUntil, Expr::value(breaker.open_until))
        .filter(destination::Column::WorkspaceId.eq(destination.workspace.uuid()))
        .filter(destination::Column::Id.eq(&destination.id))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// Writes the next free moment of a destination whose pace is locked.
pub(super) async fn set_next(
    tx: &SystemTx,
    destination: &ReadyDestination,
    next: DateTime<Utc>,
) -> Result<(), StoreError> {
    destination::Entity::update_many()
        .col_expr(destination::Column::NextSendAt, Expr::value(next))
        .filter(destination::Column::WorkspaceId.eq(destination.workspace.uuid()))
        .filter(destination::Column::Id.eq(&destination.id))
        .exec(&tx.conn)
        .await?;
    Ok(())
}

/// What is remembered of every destination, or was set for it.
pub(super) async fn all_destinations(scope: &impl Scope) -> Result<Vec<(String, Breaker, OnDeath)>, StoreError> {
    let found = rows::<destination::Entity>(scope).all(scope.conn()).await?;
    found
        .into_iter()
        .map(|row| {
            let breaker = Breaker { failures: row.failures, open_until: row.open_until };
            Ok((row.id, breaker, from_text(&row.on_death)?))
        })
        .collect()
}

/// The row of a destination, made when there is none, locked.
async fn lock(tx: &Tx, id: &str) -> Result<destination::Model, StoreError> {
    let blank = destination::Model {
        workspace_id: tx.workspace.uuid(),
        id: id.to_owned(),
        failures: 0,
        open_until: None,
        on_death: to_text(&OnDeath::default())?,
        rate_per_second: None,
        next_send_at: None,
    };
    let key = [destination::Column::WorkspaceId, destination::Column::Id];
    destination::Entity::insert(blank.clone().into_active_model().reset_all())
        .on_conflict_do_nothing_on(key)
        .exec_without_returning(&tx.conn)
        .await?;
    let row = rows::<destination::Entity>(tx).filter(destination::Column::Id.eq(id)).lock_exclusive();
    Ok(row.one(&tx.conn).await?.unwrap_or(blank))
}

async fn write(tx: &Tx, row: destination::Model) -> Result<(), StoreError> {
    crate::table::replace::<destination::Entity>(tx, row).await
}

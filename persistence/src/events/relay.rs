//! The relay's side of the log: new events in the order in which their commits became visible.
//!
//! Sequence numbers are drawn before a commit, so a later number can become visible first. Nothing here remembers a
//! last-seen number: an event is new while it has no position, however late it appears.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::events::{Entry, Event, EventType};
use domain::ids::EntityId;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, IntoActiveModel, PaginatorTrait, QueryOrder, QuerySelect, Select, Statement,
};

use super::log::{event, event_position};
use crate::{Database, StoreError, SystemTx};

/// A committed event that has no place in its workspace's log yet.
#[derive(Debug, Clone)]
pub struct UnplacedEvent {
    seq: i64,
    /// The event; its position is not meaningful yet.
    pub event: Event,
}

/// What the relay takes at once.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Events that can be read.
    pub unplaced: Vec<UnplacedEvent>,
    /// How many were taken, those too that were set aside. Where it is not 0 the transaction has to be committed, or the
    /// same are taken and set aside for ever.
    pub taken: usize,
}

/// New events of all workspaces, in the order of their sequence numbers.
pub async fn take_unplaced(tx: &SystemTx, limit: u64) -> Result<Batch, StoreError> {
    let found = event::Entity::find()
        .filter(event::Column::Position.is_null())
        // While two versions run side by side, the older one leaves facts that it cannot read to the newer one.
        .filter(event::Column::Kind.is_in(EventType::ALL.iter().map(|kind| kind.as_str())))
        // In words, so that a plan for any values still knows the partial index.
        .filter(Expr::cust("set_aside IS NULL"))
        .order_by_asc(event::Column::Seq)
        .limit(limit);
    let (rows, taken) = match found.clone().all(&tx.conn).await.map_err(StoreError::from) {
        Ok(rows) => {
            let taken = rows.len();
            (rows, taken)
        }
        Err(error) if error.is_transient() => return Err(error),
        // One of them is damaged so that not even its row can be read.
        Err(_) => one_by_one(tx, found).await?,
    };
    let mut unplaced = Vec::with_capacity(rows.len());
    for row in rows {
        let seq = row.seq;
        match Entry::from(row) {
            Entry::Event(event) => unplaced.push(UnplacedEvent { seq, event: Arc::unwrap_or_clone(event) }),
            Entry::Opaque(opaque) => set_aside(tx, seq, &opaque.why).await?,
        }
    }
    Ok(Batch { unplaced, taken })
}

/// Those whose rows can be read, and how many there were.
async fn one_by_one(tx: &SystemTx, found: Select<event::Entity>) -> Result<(Vec<event::Model>, usize), StoreError> {
    let seqs: Vec<i64> = found.select_only().column(event::Column::Seq).into_tuple().all(&tx.conn).await?;
    let (mut rows, taken) = (Vec::with_capacity(seqs.len()), seqs.len());
    for seq in seqs {
        match event::Entity::find_by_id(seq).one(&tx.conn).await.map_err(StoreError::from) {
            Ok(row) => rows.extend(row),
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => set_aside(tx, seq, &error.to_string()).await?,
        }
    }
    Ok((rows, taken))
}

/// Leaves a fact that cannot be read where it is, so that those behind it get their places. Nobody is told of it until
/// somebody repairs it and takes the mark away.
async fn set_aside(tx: &SystemTx, seq: i64, why: &str) -> Result<(), StoreError> {
    tracing::error!(event.seq = seq, error = why, "an event cannot be read and was set aside");
    let backend = tx.conn.get_database_backend();
    let sql = "UPDATE events SET set_aside = $1 WHERE seq = $2";
    let values = [why.into(), seq.into()];
    tx.conn.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}

/// How many facts were set aside, in all workspaces.
pub async fn count_set_aside(database: &Database) -> Result<u64, StoreError> {
    let found = event::Entity::find().filter(event::Column::Position.is_null());
    Ok(found.filter(Expr::cust("set_aside IS NOT NULL")).count(database.unscoped()).await?)
}

/// Gives each event the next position of its workspace, in the order given, and returns them. Two statements, however
/// many events there are: one takes the workspaces' positions, one writes them.
pub async fn place(tx: &SystemTx, unplaced: Vec<UnplacedEvent>) -> Result<Vec<Event>, StoreError> {
    if unplaced.is_empty() {
        return Ok(Vec::new());
    }
    // The newest position of each workspace before these events, found by going back from the one after them.
    let mut counts: BTreeMap<Uuid, i64> = BTreeMap::new();
    for unplaced in &unplaced {
        *counts.entry(unplaced.event.workspace.uuid()).or_default() += 1;
    }
    let mut newest = HashMap::new();
    for row in advance(tx, &counts).await? {
        newest.insert(row.workspace_id, row.position - counts.get(&row.workspace_id).copied().unwrap_or_default());
    }
    let mut places = Vec::with_capacity(unplaced.len());
    let mut events = Vec::with_capacity(unplaced.len());
    for UnplacedEvent { seq, event } in unplaced {
        let position = newest
            .get_mut(&event.workspace.uuid())
            .ok_or_else(|| StoreError::Failed("a workspace's log gave no position".to_owned()))?;
        *position += 1;
        places.push(format!("({seq}, {position})"));
        events.push(Event { position: *position, ..event });
    }
    // Both engines call the columns of VALUES so. Numbers of ours, written into the text: a statement with parameters
    // for each length of a batch would drive the others out of the connection's cache.
    let sql = "UPDATE events SET position = placed.column2 FROM (VALUES {places}) AS placed WHERE seq = placed.column1";
    tx.conn.execute_unprepared(&sql.replace("{places}", &places.join(", "))).await?;
    Ok(events)
}

/// Moves the workspaces' logs on by so many positions, and returns where they then are.
async fn advance(tx: &SystemTx, by: &BTreeMap<Uuid, i64>) -> Result<Vec<event_position::Model>, StoreError> {
    use event_position::Column::{Position, WorkspaceId};

    let counters = by.iter().map(|(workspace, count)| {
        event_position::Model { workspace_id: *workspace, position: *count, horizon: 1 }.into_active_model().reset_all()
    });
    let moved = OnConflict::column(WorkspaceId)
        .value(Position, Expr::col((event_position::Entity, Position)).add(Expr::col(("excluded", Position))))
        .to_owned();
    Ok(event_position::Entity::insert_many(counters).on_conflict(moved).exec_with_returning(&tx.conn).await?)
}

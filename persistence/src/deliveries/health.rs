//! How a workspace's destinations are doing: what waits, for how long, and what stands in the way.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::integrations::{Breaker, OnDeath};
use sea_orm::entity::prelude::*;
use sea_orm::{ConnectionTrait, FromQueryResult, QuerySelect, Select};

use super::destinations::all_destinations;
use super::lanes::lane;
use super::{delivery, is_dead, is_pending};
use crate::table::rows;
use crate::{Database, Scope, StoreError};

/// How a destination is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DestinationHealth {
    /// Deliveries that wait or are under way.
    pub depth: i64,
    /// When the fact happened that the oldest of them follows from.
    pub oldest_since: Option<DateTime<Utc>>,
    /// Lanes that nothing passes until somebody decides about their dead letter.
    pub lanes_blocked: i64,
    /// Dead letters and parked ones.
    pub dead_letters: i64,
    /// What is remembered of its answers.
    pub breaker: Breaker,
    /// What becomes of a lane when a delivery dies.
    pub on_death: OnDeath,
}

/// What waits for a destination, and what died on the way to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Deliveries that wait or are under way.
    pub pending: i64,
    /// When the fact happened that the oldest of them follows from.
    pub oldest_since: Option<DateTime<Utc>>,
    /// Dead letters and parked ones.
    pub dead_letters: i64,
}

#[derive(FromQueryResult)]
struct Count {
    destination: String,
    deliveries: i64,
    oldest: Option<DateTimeUtc>,
}

/// Every destination that anything was ever set for, waits for, or died on the way to, by its id.
pub async fn destinations_health(scope: &impl Scope) -> Result<BTreeMap<String, DestinationHealth>, StoreError> {
    let mut all: BTreeMap<String, DestinationHealth> = BTreeMap::new();
    for (id, breaker, on_death) in all_destinations(scope).await? {
        all.insert(id, DestinationHealth { breaker, on_death, ..DestinationHealth::default() });
    }
    for (id, backlog) in count(&rows(scope), scope.conn()).await? {
        let health = all.entry(id).or_default();
        (health.depth, health.oldest_since) = (backlog.pending, backlog.oldest_since);
        health.dead_letters = backlog.dead_letters;
    }
    let blocked: Vec<(String, i64)> = rows::<lane::Entity>(scope)
        .select_only()
        .column(lane::Column::Destination)
        .column_as(lane::Column::Id.count(), "count")
        .filter(lane::Column::BlockedBy.is_not_null())
        .group_by(lane::Column::Destination)
        .into_tuple()
        .all(scope.conn())
        .await?;
    for (destination, count) in blocked {
        all.entry(destination).or_default().lanes_blocked = count;
    }
    Ok(all)
}

/// What waits and what died in all workspaces, by destination: for the operators' measures.
pub async fn backlog(database: &Database) -> Result<BTreeMap<String, Backlog>, StoreError> {
    count(&delivery::Entity::find(), database.unscoped()).await
}

async fn count(
    deliveries: &Select<delivery::Entity>,
    conn: &impl ConnectionTrait,
) -> Result<BTreeMap<String, Backlog>, StoreError> {
    let by_destination = || {
        let counted = deliveries.clone().select_only().column(delivery::Column::Destination);
        counted
            .column_as(delivery::Column::Id.count(), "deliveries")
            .column_as(delivery::Column::CreatedAt.min(), "oldest")
            .group_by(delivery::Column::Destination)
    };
    let mut all: BTreeMap<String, Backlog> = BTreeMap::new();
    for count in by_destination().filter(is_pending()).into_model::<Count>().all(conn).await? {
        let backlog = all.entry(count.destination).or_default();
        (backlog.pending, backlog.oldest_since) = (count.deliveries, count.oldest);
    }
    let dead = by_destination().filter(is_dead());
    for count in dead.into_model::<Count>().all(conn).await? {
        all.entry(count.destination).or_default().dead_letters = count.deliveries;
    }
    Ok(all)
}

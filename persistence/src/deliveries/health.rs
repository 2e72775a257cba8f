//! How a workspace's destinations are doing: what waits, for how long, and what stands in the way.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::integrations::{Breaker, OnDeath};
use sea_orm::entity::prelude::*;
use sea_orm::{FromQueryResult, QuerySelect};

use super::destinations::all_destinations;
use super::lanes::lane;
use super::{delivery, is_pending};
use crate::table::rows;
use crate::{Scope, StoreError};

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
    let by_destination = || {
        rows::<delivery::Entity>(scope)
            .select_only()
            .column(delivery::Column::Destination)
            .column_as(delivery::Column::Id.count(), "deliveries")
            .column_as(delivery::Column::CreatedAt.min(), "oldest")
            .group_by(delivery::Column::Destination)
    };
    for count in by_destination().filter(is_pending()).into_model::<Count>().all(scope.conn()).await? {
        let health = all.entry(count.destination).or_default();
        (health.depth, health.oldest_since) = (count.deliveries, count.oldest);
    }
    let dead = by_destination().filter(delivery::Column::State.is_in(["dead", "parked"]));
    for count in dead.into_model::<Count>().all(scope.conn()).await? {
        all.entry(count.destination).or_default().dead_letters = count.deliveries;
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

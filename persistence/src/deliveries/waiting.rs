//! What waits for one destination: for its health, not for the lanes.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};

use super::{delivery, is_pending};
use crate::table::rows;
use crate::{Scope, StoreError};

/// What waits for a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// When the fact happened that the oldest undelivered follows from.
    pub oldest_at: DateTime<Utc>,
    /// When the next attempt is due.
    pub next_attempt_at: DateTime<Utc>,
}

/// What waits for a destination; `None` when nothing does.
pub async fn waiting_for(scope: &impl Scope, destination: &str) -> Result<Option<Waiting>, StoreError> {
    let first = |column: delivery::Column| {
        rows::<delivery::Entity>(scope)
            .select_only()
            .column(column)
            .filter(delivery::Column::Destination.eq(destination))
            .filter(is_pending())
            .order_by_asc(column)
            .limit(1)
            .into_tuple::<DateTime<Utc>>()
    };
    let oldest_at = first(delivery::Column::CreatedAt).one(scope.conn()).await?;
    let next_attempt_at = first(delivery::Column::NextAttemptAt).one(scope.conn()).await?;
    Ok(oldest_at.zip(next_attempt_at).map(|(oldest_at, next_attempt_at)| Waiting { oldest_at, next_attempt_at }))
}

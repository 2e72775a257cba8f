//! Attempts to reach endpoints: appended, never changed, kept for a while.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{AttemptId, DeliveryId, EndpointId, EntityId, EventId};
use domain::webhooks::endpoint::Attempt;
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveModelTrait, IntoActiveModel, PaginatorTrait, QueryOrder, QuerySelect};

use crate::convert::{from_json, from_text, to_json, to_text};
use crate::table::{insert_all, rows, tenant_table, workspace_of};
use crate::{Database, Scope, StoreError, Tx};

/// Rows that are forgotten in one transaction, so that on SQLite nobody waits long for the one writer.
const FORGET_BATCH: u64 = 1000;

/// By how much the clocks may differ by which ids are drawn: far more than they do.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::hours(1);

tenant_table!(attempt = "webhook_attempts" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    endpoint_id: Uuid,
    delivery_id: Uuid,
    event_id: Uuid,
    kind: String,
    started_at: DateTimeUtc,
    duration_milliseconds: i64,
    delivered: bool,
    status: Option<i32>,
    error: Option<String>,
    request_headers: Json,
    request_body: String,
    response_body: Option<String>,
});

/// How an endpoint did in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Attempts.
    pub attempts: u64,
    /// Those that it took.
    pub delivered: u64,
}

/// Appends attempts.
pub async fn insert_attempts(tx: &Tx, attempts: &[&Attempt]) -> Result<(), StoreError> {
    let rows = attempts.iter().map(|attempt| row(tx, attempt)).collect::<Result<Vec<_>, _>>()?;
    insert_all::<attempt::Entity>(tx, rows).await
}

fn row(tx: &Tx, value: &Attempt) -> Result<attempt::ActiveModel, StoreError> {
    let row = attempt::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        endpoint_id: value.endpoint.uuid(),
        delivery_id: value.delivery.uuid(),
        event_id: value.event.uuid(),
        kind: to_text(&value.kind)?,
        started_at: value.started_at,
        duration_milliseconds: value.duration_milliseconds,
        delivered: value.delivered,
        status: value.status,
        error: value.error.clone(),
        request_headers: to_json(&value.request_headers)?,
        request_body: value.request_body.clone(),
        response_body: value.response_body.clone(),
    };
    Ok(row.into_active_model().reset_all())
}

/// A page of an endpoint's attempts, newest first.
pub async fn list_attempts(
    scope: &impl Scope,
    endpoint: EndpointId,
    after: Option<AttemptId>,
    limit: u64,
) -> Result<Vec<Attempt>, StoreError> {
    let mut query = rows::<attempt::Entity>(scope)
        .filter(attempt::Column::EndpointId.eq(endpoint.uuid()))
        .order_by_desc(attempt::Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(attempt::Column::Id.lt(after.uuid()));
    }
    query.all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// How an endpoint did since an instant. The index is in the order of the ids, which tell when an attempt ended.
pub async fn tally(scope: &impl Scope, endpoint: EndpointId, since: DateTime<Utc>) -> Result<Tally, StoreError> {
    let all = rows::<attempt::Entity>(scope)
        .filter(attempt::Column::EndpointId.eq(endpoint.uuid()))
        .filter(attempt::Column::Id.gte(first_id_of(since - CLOCKS_DIFFER)))
        .filter(attempt::Column::StartedAt.gte(since));
    let delivered = all.clone().filter(attempt::Column::Delivered.eq(true)).count(scope.conn()).await?;
    Ok(Tally { attempts: all.count(scope.conn()).await?, delivered })
}

/// The least UUIDv7 (RFC 9562 §5.7) of an instant.
fn first_id_of(instant: DateTime<Utc>) -> Uuid {
    let milliseconds = u64::try_from(instant.timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &[0; 10]).into_uuid()
}

/// Forgets attempts that began before an instant, in all workspaces; how many.
pub async fn forget_attempts(database: &Database, before: DateTime<Utc>) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    loop {
        let tx = database.begin_system().await?;
        let old: Vec<Uuid> = attempt::Entity::find()
            .select_only()
            .column(attempt::Column::Id)
            .filter(attempt::Column::StartedAt.lt(before))
            .limit(FORGET_BATCH)
            .into_tuple()
            .all(&tx.conn)
            .await?;
        let gone = attempt::Entity::delete_many().filter(attempt::Column::Id.is_in(old)).exec(&tx.conn).await?;
        tx.commit().await?;
        forgotten += gone.rows_affected;
        if gone.rows_affected < FORGET_BATCH {
            return Ok(forgotten);
        }
    }
}

impl TryFrom<attempt::Model> for Attempt {
    type Error = StoreError;

    fn try_from(row: attempt::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: AttemptId::from_uuid(row.id),
            endpoint: EndpointId::from_uuid(row.endpoint_id),
            delivery: DeliveryId::from_uuid(row.delivery_id),
            event: EventId::from_uuid(row.event_id),
            kind: from_text(&row.kind)?,
            started_at: row.started_at,
            duration_milliseconds: row.duration_milliseconds,
            delivered: row.delivered,
            status: row.status,
            error: row.error,
            request_headers: from_json(row.request_headers)?,
            request_body: row.request_body,
            response_body: row.response_body,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_id_of_an_instant_lies_between_those_before_and_those_after() {
        let id = |milliseconds, rest| uuid::Builder::from_unix_timestamp_millis(milliseconds, &[rest; 10]).into_uuid();
        let first = first_id_of(DateTime::UNIX_EPOCH + TimeDelta::milliseconds(1_700_000_000_001));
        assert!(id(1_700_000_000_000, 255) < first);
        assert!(first <= id(1_700_000_000_001, 0));
    }
}

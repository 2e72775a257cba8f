//! What operators watch beside the deliveries, in all workspaces: whether the relay works, and what waits for people.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use sea_orm::{FromQueryResult, Statement};

use crate::{Database, StoreError};

/// What is counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// When the oldest fact happened that has no place in its log yet; `None` when all have one.
    pub unplaced_since: Option<DateTime<Utc>>,
    /// Forms in quarantine.
    pub quarantined: i64,
    /// Endpoints that were disabled because they failed.
    pub endpoints_failing: i64,
    /// Endpoints that were disabled because they answered 410.
    pub endpoints_gone: i64,
    /// Destinations whose circuit is open.
    pub open_circuits: BTreeSet<String>,
}

#[derive(FromQueryResult)]
struct Counts {
    unplaced_since: Option<DateTime<Utc>>,
    quarantined: i64,
    endpoints_failing: i64,
    endpoints_gone: i64,
}

// Each by the index of what waits: none of them walks what is over.
const COUNTS: &str = "
SELECT
  (SELECT occurred_at FROM events WHERE position IS NULL AND set_aside IS NULL ORDER BY seq LIMIT 1) AS unplaced_since,
  (SELECT count(*) FROM inbound_deliveries WHERE state = 'quarantined') AS quarantined,
  (SELECT count(*) FROM webhook_endpoints WHERE status = 'disabled' AND disabled_reason = 'failing')
    AS endpoints_failing,
  (SELECT count(*) FROM webhook_endpoints WHERE status = 'disabled' AND disabled_reason = 'gone') AS endpoints_gone";

const CIRCUITS: &str = "SELECT DISTINCT id FROM destinations WHERE open_until > $1";

#[derive(FromQueryResult)]
struct Circuit {
    id: String,
}

/// Counts it.
pub async fn watch(database: &Database, now: DateTime<Utc>) -> Result<Watch, StoreError> {
    let conn = database.unscoped();
    let backend = conn.get_database_backend();
    let counts = Counts::find_by_statement(Statement::from_string(backend, COUNTS)).one(conn).await?;
    let circuits = Statement::from_sql_and_values(backend, CIRCUITS, [now.into()]);
    let circuits = Circuit::find_by_statement(circuits).all(conn).await?;
    let open_circuits = circuits.into_iter().map(|circuit| circuit.id).collect();
    let Some(counts) = counts else { return Ok(Watch { open_circuits, ..Watch::default() }) };
    Ok(Watch {
        unplaced_since: counts.unplaced_since,
        quarantined: counts.quarantined,
        endpoints_failing: counts.endpoints_failing,
        endpoints_gone: counts.endpoints_gone,
        open_circuits,
    })
}

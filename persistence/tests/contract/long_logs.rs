//! How much PostgreSQL reads of a log, and of what lies beside it, that has become long since its statements were
//! planned: a page, and a step of a replay, cost what they bring and not what there is.

use chrono::TimeDelta;
use domain::ids::{EndpointId, EntityId, ReplayId, WorkspaceId};
use domain::integrations::{Connection, ConnectionSecrets, ConnectionStatus, Provider};
use domain::operation::CorrelationId;
use persistence::Sealer;
use persistence::deliveries::count_replay_waiting;
use persistence::events::{EventFilter, list_events};
use persistence::integrations::insert_connection;
use persistence::webhooks::{InboundFilter, list_inbound, tally};
use sqlx::Connection as _;
use uuid::Uuid;

use crate::store::Store;

/// Rows that there are first.
const FEW: i64 = 3;
/// Rows that there are in the end.
const MANY: i64 = 20_000;
/// How often it is asked. A statement is planned for any values after it was run five times.
const RUNS: i64 = 8;

/// One in a thousand is of a rare type and of a rare piece of work.
const EVENTS: &str = "
    INSERT INTO events (id, workspace_id, position, type, entity, fact, actor, correlation, occurred_at)
    SELECT gen_random_uuid(), w.id, n, CASE WHEN n % 1000 = 0 THEN 'MQL_reached' ELSE 'contact_updated' END,
           'con_' || n, '{}', '{}', CASE WHEN n % 1000 = 0 THEN 'rare' ELSE 'c' || n END, now()
    FROM workspaces AS w, generate_series($1::bigint, $2::bigint) AS n WHERE w.id = $3";
/// All but one in a thousand are done.
const DELIVERIES: &str = "
    INSERT INTO deliveries (id, workspace_id, destination, lane, job, position, state, attempts, next_attempt_at,
                            correlation, created_at, replay_id)
    SELECT gen_random_uuid(), $3, 'x', 'x', '{}', n, CASE WHEN n % 1000 = 0 THEN 'pending' ELSE 'done' END, 0, now(),
           'c', now(), '00000000-0000-0000-0000-000000000001'
    FROM generate_series($1::bigint, $2::bigint) AS n";
/// A minute apart, by ids that tell their time as those of version 7 do.
const ATTEMPTS: &str = "
    INSERT INTO webhook_attempts (id, workspace_id, endpoint_id, delivery_id, event_id, kind, started_at,
                                  duration_milliseconds, delivered, request_headers, request_body)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
           $3, '00000000-0000-0000-0000-000000000001', gen_random_uuid(), gen_random_uuid(), 'event', at, 1,
           n % 2 = 0, '{}', ''
    FROM (SELECT n, timestamptz '2026-03-02 09:00:00Z' - make_interval(mins => ($2 - n)::int) AS at
          FROM generate_series($1::bigint, $2::bigint) AS n) AS attempts";

/// The first are of our workspace, those that come later of another.
const INBOUND: &str = "
    INSERT INTO inbound_deliveries (id, workspace_id, connection_id, state, headers, sealed_body, violations,
                                    correlation, received_at)
    SELECT lpad(to_hex(n), 32, '0')::uuid, w.id, c.id, 'received', '{}', '', '[]', 'c', now()
    FROM workspaces AS w, connections AS c, generate_series($1::bigint, $2::bigint) AS n
    WHERE (w.id = $3) = (n <= 3)";

async fn write(store: &Store, sql: &'static str, from: i64, until: i64) {
    let mut connection = sqlx::PgConnection::connect(&store.url).await.unwrap();
    let insert = sqlx::query(sql).bind(from).bind(until).bind(store.workspace.uuid());
    insert.execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Rows of a table and entries of its indexes that were read. A server counts when a connection ends.
async fn read(store: &Store, table: &str) -> i64 {
    let mut connection = sqlx::PgConnection::connect(&store.url).await.unwrap();
    let counted = "SELECT ((SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname = $1)
        + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname = $1))::bigint";
    sqlx::query_scalar(counted).bind(table).fetch_one(&mut connection).await.unwrap()
}

/// Asks while there is next to nothing, so that plans are kept from then, and again when there is much: what is found
/// then, and that no more than this is read for it.
async fn check(
    (table, rows): (&str, &'static str),
    ask: impl AsyncFn(&Store) -> u64,
    expected: u64,
    read_for_each_max: i64,
) {
    let store = Store::on_postgres().await;
    if rows == INBOUND {
        another_workspace(&store).await;
    }
    write(&store, rows, 1, FEW).await;
    for _ in 0..RUNS {
        ask(&store).await;
    }
    write(&store, rows, FEW + 1, MANY).await;
    for _ in 0..RUNS {
        assert_eq!(ask(&store).await, expected, "{table}");
    }
    store.database.clone().close().await.unwrap();
    let each = read(&store, table).await / RUNS;
    assert!(each <= read_for_each_max, "{table}: {each} read for one answer");
}

/// With a connection through which something comes in.
async fn another_workspace(store: &Store) {
    let other: WorkspaceId = store.edge.new_id();
    store.add_workspace(other).await;
    let tx = store.database.begin(other).await.unwrap();
    let connection = Connection {
        id: store.edge.new_id(),
        provider: Provider::HubSpot,
        name: "CRM".to_owned(),
        base_url: None,
        status: ConnectionStatus::Active,
        created_at: store.edge.now(),
    };
    let sealer = Sealer::new(&[7; 32], || [9; 24]);
    insert_connection(&tx, &sealer, &connection, &ConnectionSecrets::default()).await.unwrap();
    tx.commit().await.unwrap();
}

/// A page of the log, by a filter.
async fn page(store: &Store, filter: EventFilter) -> u64 {
    list_events(&store.database.reader(store.workspace), &filter, 0, 51).await.unwrap().len() as u64
}

#[tokio::test]
async fn a_page_by_a_rare_type_does_not_walk_the_log() {
    let types = || vec!["MQL_reached".to_owned(), "score_changed".to_owned()];
    let ask = async |store: &Store| page(store, EventFilter { types: types(), ..EventFilter::default() }).await;
    check(("events", EVENTS), ask, 20, 100).await;
}

#[tokio::test]
async fn a_page_by_a_piece_of_work_does_not_walk_the_log() {
    let rare = || CorrelationId::parse("rare");
    let ask = async |store: &Store| page(store, EventFilter { correlation: rare(), ..EventFilter::default() }).await;
    check(("events", EVENTS), ask, 20, 100).await;
}

#[tokio::test]
async fn a_step_of_a_replay_does_not_count_what_is_done() {
    let replay = ReplayId::from_uuid(Uuid::from_u128(1));
    let ask =
        async |store: &Store| count_replay_waiting(&store.database.reader(store.workspace), replay).await.unwrap();
    check(("deliveries", DELIVERIES), ask, 20, 100).await;
}

#[tokio::test]
async fn the_health_of_an_endpoint_reads_its_last_day() {
    let endpoint = EndpointId::from_uuid(Uuid::from_u128(1));
    let ask = async |store: &Store| {
        let since = store.edge.now() - TimeDelta::days(1);
        tally(&store.database.reader(store.workspace), endpoint, since).await.unwrap().attempts
    };
    // Those of both series.
    check(("webhook_attempts", ATTEMPTS), ask, 24 * 60 + 1 + 3, 4_000).await;
}

#[tokio::test]
async fn what_came_in_elsewhere_is_not_walked() {
    let ask = async |store: &Store| {
        let reader = store.database.reader(store.workspace);
        list_inbound(&reader, &InboundFilter::default(), None, 20).await.unwrap().len() as u64
    };
    check(("inbound_deliveries", INBOUND), ask, 3, 100).await;
}

//! How much PostgreSQL reads to find the heads of lanes: a prepared statement keeps a plan that was made when nothing
//! waited, and must not walk everything that waits later.

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{ConnectionId, ContactId, DeliveryId, EntityId};
use domain::integrations::{Delivery, DeliveryState, Job, Verdict};
use domain::operation::CorrelationId;
use persistence::deliveries::{Claim, Ending, Settlement, claim, enqueue, ready_destinations, settle};
use sqlx::Connection as _;
use uuid::Uuid;

use crate::store::Store;

const LANES: u128 = 500;
const EACH: i64 = 4;
const ROUNDS: i64 = 30;
const AT_ONCE: u64 = 8;
/// Rows and index entries read for one delivery, on average; what is gone and not yet swept away is read, too.
const READ_FOR_EACH_MAX: i64 = 100;

fn delivery(store: &Store, now: DateTime<Utc>, lane: u128, position: i64) -> Delivery {
    Delivery {
        id: store.edge.new_id(),
        job: Job::SyncContact {
            connection: ConnectionId::from_uuid(Uuid::from_u128(1)),
            contact: ContactId::from_uuid(Uuid::from_u128(lane)),
        },
        position,
        state: DeliveryState::Pending,
        attempts: 0,
        next_attempt_at: now,
        last_error: None,
        correlation: CorrelationId::parse("heads").unwrap(),
        created_at: now,
    }
}

async fn put(store: &Store, deliveries: &[Delivery]) {
    let tx = store.database.begin_system().await.unwrap();
    for some in deliveries.chunks(1000) {
        enqueue(&tx, store.workspace, some).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Claims and settles a few lanes' next, up to `run` of each; how many there were.
async fn make_some(store: &Store, run: u64, now: DateTime<Utc>) -> i64 {
    let tx = store.database.begin_system().await.unwrap();
    let ready = ready_destinations(&tx, None, 1, now).await.unwrap();
    let token = store.edge.new_id::<DeliveryId>().uuid();
    let until = now + TimeDelta::seconds(20);
    let ask = Claim { lanes: AT_ONCE, replays: 0, run, token, now, until, trial_until: until };
    let claimed = claim(&tx, &ready[0], &ask).await.unwrap().concat();
    tx.commit().await.unwrap();
    let ending =
        |claimed| Ending { claimed, settlement: &Settlement::Done, verdict: Verdict::Works, dice: 0.5, sent_to: None };
    let endings: Vec<Ending<'_>> = claimed.iter().map(ending).collect();
    let tx = store.database.begin(store.workspace).await.unwrap();
    assert!(settle(&tx, &endings, now).await.unwrap().iter().all(|settled| *settled));
    tx.commit().await.unwrap();
    i64::try_from(claimed.len()).unwrap()
}

/// Rows of tables and entries of indexes that were read, by name. A server counts when a connection ends.
async fn read(store: &Store) -> Vec<(String, i64)> {
    let mut connection = sqlx::PgConnection::connect(&store.url).await.unwrap();
    let counted = "SELECT relname::text, seq_tup_read FROM pg_stat_user_tables WHERE relname IN ('lanes', 'deliveries')
        UNION ALL SELECT indexrelname::text, idx_tup_read FROM pg_stat_user_indexes WHERE relname IN ('lanes', 'deliveries')";
    sqlx::query_as(counted).fetch_all(&mut connection).await.unwrap()
}

async fn check(run: u64) {
    let store = Store::on_postgres().await;
    let now = store.edge.now();
    // As on the first day: statements are prepared, and planned for good, while next to nothing waits.
    for position in 1..=10 {
        put(&store, &[delivery(&store, now, 1, position)]).await;
        assert_eq!(make_some(&store, run, now).await, 1);
    }
    let waiting: Vec<Delivery> = (0..EACH * i64::try_from(LANES).unwrap())
        .map(|at| delivery(&store, now, 1 + u128::try_from(at).unwrap() % LANES, 11 + at))
        .collect();
    put(&store, &waiting).await;
    let mut made = 0;
    for _ in 0..ROUNDS {
        made += make_some(&store, run, now).await;
    }
    assert!(made >= ROUNDS * i64::try_from(AT_ONCE).unwrap());
    store.database.clone().close().await.unwrap();
    let read = read(&store).await;
    let all: i64 = read.iter().map(|(_, count)| count).sum();
    assert!(all <= made * READ_FOR_EACH_MAX, "{made} deliveries read {read:?}");
}

#[tokio::test]
async fn a_head_costs_the_same_however_much_waits() {
    check(1).await;
}

#[tokio::test]
async fn those_behind_a_head_cost_no_more() {
    check(3).await;
}

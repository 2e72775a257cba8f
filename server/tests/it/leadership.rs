//! Who relays on PostgreSQL: the leader dies, freezes or is cut off in the middle of a batch, and another takes over.
//!
//! A trigger holds the leader after it has taken its events and before it has given them their places, for as long as
//! the test holds a lock.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgConnection, PgPool, query, query_as, query_scalar, raw_sql};

use crate::leads::free_times;
use crate::support::{App, Part, Store, wait_until};

const GATE: &str = "
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(4711); RETURN NULL; END $$;
    CREATE TRIGGER gate BEFORE UPDATE OF position ON events FOR EACH STATEMENT EXECUTE FUNCTION wait_at_gate()";

/// Those who wait at the gate.
const WAITING: &str = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

/// A takeover when the leader's connection ends at once. The next relay looks every 100 ms; the rest is for a machine
/// that does much else.
const SOON: Duration = Duration::from_secs(4);
/// A takeover when nobody says that the leader is gone: 5 s until PostgreSQL ends its transaction, and the same.
const AFTER_SILENCE: Duration = Duration::from_secs(9);

/// Two workers, of which the first is in the middle of a batch.
struct Held {
    app: App,
    store: PgPool,
    gate: PgConnection,
    /// The leader's session at the database.
    leader: i32,
}

impl Held {
    async fn start() -> Self {
        let app = App::start(Store::Postgres).await;
        let store = PgPoolOptions::new().max_connections(2).connect(app.database_url()).await.unwrap();
        raw_sql(GATE).execute(&store).await.unwrap();
        let mut gate = store.acquire().await.unwrap().detach();
        query("SELECT pg_advisory_lock(4711)").execute(&mut gate).await.unwrap();
        let mut held = Self { app, store, gate, leader: 0 };
        held.book(0, 3).await;
        loop {
            // There is one worker: who waits is its.
            wait_until("the leader is in the middle of a batch", async || {
                let waiting = held.waiting().await;
                held.leader = waiting.first().copied().unwrap_or_default();
                waiting.len() == 1
            })
            .await;
            held.app.another_worker().await;
            // A machine on which this took so long that the statement was ended may have another leader by now.
            if held.waiting().await == [held.leader] {
                return held;
            }
            held.app.kill9_others();
        }
    }

    async fn waiting(&self) -> Vec<i32> {
        query_scalar(WAITING).fetch_all(&self.store).await.unwrap()
    }

    async fn book(&self, from: usize, to: usize) {
        let admin = self.app.as_persona("admin");
        let times = free_times(&admin).await;
        for (number, time) in times[..to - from].iter().enumerate() {
            time.book(&admin, from + number).await;
        }
    }

    async fn open_gate(&mut self) {
        query("SELECT pg_advisory_unlock(4711)").execute(&mut self.gate).await.unwrap();
    }

    /// Waits until everything has its place; how long after `since` that was.
    async fn all_placed(&self, since: Instant) -> Duration {
        wait_until("every event has its place", async || {
            let unplaced: i64 = query_scalar("SELECT count(*) FROM events WHERE position IS NULL")
                .fetch_one(&self.store)
                .await
                .unwrap();
            unplaced == 0
        })
        .await;
        since.elapsed()
    }

    /// Places without a gap or a double, and each booking in the CRM once.
    async fn check(&self, bookings: i64) {
        self.app.settled().await;
        let (events, places, newest): (i64, i64, i64) = query_as(
            "SELECT count(*), count(DISTINCT position), max(position) FROM events
             WHERE workspace_id = (SELECT workspace_id FROM events WHERE type = 'meeting_booked' LIMIT 1)",
        )
        .fetch_one(&self.store)
        .await
        .unwrap();
        assert_eq!((places, newest), (events, events), "1, 2, 3 … without a gap or a double");
        let booked: i64 = query_scalar("SELECT count(*) FROM events WHERE type = 'meeting_booked'")
            .fetch_one(&self.store)
            .await
            .unwrap();
        assert_eq!(booked, bookings);
        let twice: i64 = query_scalar(
            "SELECT count(*) FROM (SELECT 1 FROM deliveries GROUP BY destination, position, job::text HAVING count(*) > 1) AS x",
        )
        .fetch_one(&self.store)
        .await
        .unwrap();
        assert_eq!(twice, 0, "no delivery is there twice");
        assert_eq!(self.app.crm().objects("meetings").await.len(), usize::try_from(bookings).unwrap());
        let dead = self.app.as_persona("admin").gql("{ deadLetters { nodes { lastError } } }", json!({})).await;
        assert_eq!(dead, json!({"deadLetters": {"nodes": []}}));
    }
}

#[tokio::test]
async fn a_leader_that_dies_in_a_batch_is_replaced_at_once() {
    let mut held = Held::start().await;
    held.app.kill9(Part::Worker);
    let died = Instant::now();
    held.open_gate().await;
    let took = held.all_placed(died).await;
    println!("a dead leader was replaced after {took:?}");
    assert!(took < SOON, "{took:?}");
    held.check(3).await;
}

#[tokio::test]
async fn a_leader_that_is_cut_off_in_a_batch_is_replaced_at_once() {
    let mut held = Held::start().await;
    query("SELECT pg_terminate_backend($1)").bind(held.leader).execute(&held.store).await.unwrap();
    let cut = Instant::now();
    held.open_gate().await;
    let took = held.all_placed(cut).await;
    println!("a leader without its connection was replaced after {took:?}");
    assert!(took < SOON, "{took:?}");
    held.check(3).await;
}

#[tokio::test]
async fn a_leader_that_freezes_in_a_batch_is_replaced_and_wakes_up_harmless() {
    let mut held = Held::start().await;
    held.app.process(Part::Worker).signal("STOP");
    let froze = Instant::now();
    held.open_gate().await;
    let took = held.all_placed(froze).await;
    println!("a frozen leader was replaced after {took:?}");
    assert!(took < AFTER_SILENCE, "{took:?}");
    held.book(3, 5).await;
    held.all_placed(froze).await;

    // It finds its transaction gone, and goes on as any other; then as the only one.
    held.app.process(Part::Worker).signal("CONT");
    held.book(5, 7).await;
    held.all_placed(froze).await;
    held.app.kill9_others();
    held.book(7, 9).await;
    held.all_placed(froze).await;
    held.check(9).await;
}

//! Rules of single tables.

use chrono::{DateTime, TimeDelta, Utc};
use domain::events::{Entry, Event, Fact};
use domain::ids::{EntityId, RoutingDecisionId, WorkspaceId};
use domain::routing::{Decision, RoutingRecord, Task};
use persistence::availability::{Reservation, calendars, insert_reservation};
use persistence::events::{EventFilter, append, append_all, list_events, place, take_unplaced};
use persistence::{Database, StoreError, answers, routing};
use sqlx::Connection as _;

use crate::store::{Store, instant};

/// A day's meeting with its day of buffer before and after.
fn wanted(store: &Store, taken_by: u128, starts_at: DateTime<Utc>) -> Reservation<'_> {
    Reservation {
        host: store.host.id,
        meeting_type: store.offer.id,
        rules: &store.offer.rules,
        taken_by: uuid::Uuid::from_u128(taken_by),
        starts_at,
        ends_at: starts_at + TimeDelta::days(1),
        expires_at: None,
    }
}

pub async fn reservations_that_overlap_are_refused_by_name(store: Store) {
    let start = instant("2026-03-10T00:00:00Z");
    let check = async |taken_by, days: i64, is_free: bool| {
        let tx = store.begin().await;
        match insert_reservation(&tx, &wanted(&store, taken_by, start + TimeDelta::days(days))).await {
            Ok(()) => {
                assert!(is_free, "{days} days later overlaps");
                tx.commit().await.unwrap();
            }
            Err(StoreError::Constraint(name)) => {
                assert!(!is_free, "{days} days later is free");
                assert_eq!(name, "reservations_do_not_overlap");
            }
            Err(error) => assert_eq!(error.to_string(), "a refusal by the constraint"),
        }
    };
    check(1001, 0, true).await;
    check(1002, 0, false).await;
    // Only the buffers meet.
    check(1003, 2, false).await;
    check(1004, -2, false).await;
    // The buffers touch.
    check(1005, 3, true).await;
    check(1006, -3, true).await;
}

pub async fn the_longest_reservation_is_seen_from_its_last_minute(store: Store) {
    let start = instant("2026-03-10T00:00:00Z");
    let tx = store.begin().await;
    insert_reservation(&tx, &wanted(&store, 1001, start)).await.unwrap();
    tx.commit().await.unwrap();
    let check = async |from: DateTime<Utc>, busy: usize| {
        let reader = store.database.reader(store.workspace);
        let range = from..from + TimeDelta::hours(1);
        let hosts = std::slice::from_ref(&store.host);
        let found = calendars(&reader, hosts, store.offer.id, &range, None).await.unwrap();
        assert_eq!(found[0].busy.len(), busy, "{from}");
    };
    // What counts towards a month is read 33 days around the range; its buffer ends two days after the start.
    let last_seen_from = start + TimeDelta::days(2 + 33);
    check(start, 1).await;
    check(last_seen_from - TimeDelta::minutes(1), 1).await;
    check(last_seen_from, 0).await;
}

pub async fn positions_are_counted_per_workspace(store: Store) {
    let other: WorkspaceId = store.edge.new_id();
    store.add_workspace(other).await;
    let mut placed = Vec::new();
    for batch in [vec![store.workspace, other, store.workspace], vec![other], vec![other, store.workspace]] {
        for workspace in batch {
            let operation = store.operation(workspace);
            let fact = Fact::ContactCreated { contact: store.contact, version: 1 };
            let tx = store.database.begin(workspace).await.unwrap();
            append(&tx, &operation, &fact).await.unwrap();
            tx.commit().await.unwrap();
        }
        let tx = store.database.begin_system().await.unwrap();
        let unplaced = take_unplaced(&tx, 100).await.unwrap().unplaced;
        placed.extend(place(&tx, unplaced).await.unwrap());
        tx.commit().await.unwrap();
    }
    let named = |workspace| if workspace == other { "other" } else { "ours" };
    let found: Vec<_> = placed.iter().map(|event| (named(event.workspace), event.position)).collect();
    assert_eq!(found, [("ours", 1), ("other", 1), ("ours", 2), ("other", 2), ("other", 3), ("ours", 3)]);
    for workspace in [store.workspace, other] {
        let (reader, filter) = (store.database.reader(workspace), EventFilter::default());
        let log = list_events(&reader, &filter, 0, 100).await.unwrap();
        let expected: Vec<_> = placed.iter().filter(|event| event.workspace == workspace).cloned().collect();
        let log: Vec<_> = log.iter().filter_map(|entry| entry.event().map(|event| (**event).clone())).collect();
        assert_eq!(log, expected, "what was returned is what was written");
    }
}

pub async fn a_page_by_types_is_what_the_log_has_of_them(store: Store) {
    let operation = store.operation(store.workspace);
    let contact = store.contact;
    let facts = (0..30).map(|number| match number % 5 {
        0 => Fact::FormSubmitted { submission: store.edge.new_id(), contact },
        1 | 2 => Fact::ContactUpdated { contact, version: number },
        _ => Fact::ContactCreated { contact, version: number },
    });
    let tx = store.database.begin(store.workspace).await.unwrap();
    append_all(&tx, &operation, &facts.collect::<Vec<_>>()).await.unwrap();
    tx.commit().await.unwrap();
    let tx = store.database.begin_system().await.unwrap();
    let placed = place(&tx, take_unplaced(&tx, 100).await.unwrap().unplaced).await.unwrap();
    tx.commit().await.unwrap();

    let reader = store.database.reader(store.workspace);
    for types in [vec!["form_submitted"], vec!["contact_created", "form_submitted"], vec!["meeting_booked"]] {
        let filter = EventFilter { types: types.iter().map(|kind| (*kind).to_owned()).collect(), ..Default::default() };
        let mut paged = Vec::new();
        while let page = list_events(&reader, &filter, paged.last().copied().unwrap_or(0), 4).await.unwrap()
            && !page.is_empty()
        {
            assert!(page.len() <= 4);
            paged.extend(page.iter().map(Entry::position));
        }
        let is_one = |event: &&Event| types.contains(&event.fact.event_type().as_str());
        let expected: Vec<i64> = placed.iter().filter(is_one).map(|event| event.position).collect();
        assert_eq!(paged, expected, "{types:?}");
    }
}

pub async fn a_task_is_explained_by_the_decision_that_led_to_it(store: Store) {
    let decided = |id: u128, at: DateTime<Utc>| {
        let decision = serde_json::json!({
            "rules": store.edge.new_id::<domain::ids::RoutingRulesId>(),
            "version": 1, "owner": null, "outcome": "unassigned", "steps": [],
        });
        let decision: Decision = serde_json::from_value(decision).unwrap();
        let id = RoutingDecisionId::from_uuid(uuid::Uuid::from_u128(id));
        RoutingRecord { id, contact: store.contact, decision, decided_at: at }
    };
    let created_at = store.edge.now();
    let task = Task {
        id: store.edge.new_id(),
        contact: store.contact,
        owner: None,
        subject: "Call".to_owned(),
        due_at: created_at,
        created_at,
    };
    let hour = TimeDelta::hours(1);
    let tx = store.begin().await;
    assert_eq!(routing::decision_behind(&tx, &task).await.unwrap(), None);
    for record in [decided(1, created_at - hour), decided(2, created_at), decided(3, created_at + hour)] {
        routing::insert_decision(&tx, &record).await.unwrap();
    }
    let behind = routing::decision_behind(&tx, &task).await.unwrap().map(|record| record.id.uuid().as_u128());
    assert_eq!(behind, Some(2), "not the one after it was routed again");
}

pub async fn more_answers_than_a_batch_are_forgotten(store: Store) {
    let tx = store.begin().await;
    let operation = store.operation(store.workspace);
    for number in 0..2001 {
        answers::claim(&tx, &operation, &format!("key-{number}"), "print").await.unwrap();
    }
    tx.commit().await.unwrap();
    let later = operation.now + TimeDelta::seconds(1);
    assert_eq!(answers::forget(&store.database, operation.now).await.unwrap(), 0, "not older than asked");
    assert_eq!(answers::forget(&store.database, later).await.unwrap(), 2001);
    assert_eq!(answers::forget(&store.database, later).await.unwrap(), 0);
}

pub async fn a_schema_is_judged_without_touching_it(store: Store) {
    assert!(store.database.is_migrated().await.unwrap());
    let step = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_of_tomorrow', 0)";
    if store.url.starts_with("sqlite:") {
        let mut file = sqlx::SqliteConnection::connect(&store.url).await.unwrap();
        sqlx::raw_sql(step).execute(&mut file).await.unwrap();
    } else {
        let mut server = sqlx::PgConnection::connect(&store.url).await.unwrap();
        let reads_only = "CREATE ROLE {name} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}";
        let name = format!("reads_{}", std::process::id());
        sqlx::raw_sql(sqlx::AssertSqlSafe(reads_only.replace("{name}", &name))).execute(&mut server).await.unwrap();
        let (_, place) = store.url.rsplit_once('@').expect("the URL names a user");
        let reader = Database::connect(&format!("postgres://{name}@{place}"), 1).await.unwrap();
        assert!(reader.is_migrated().await.unwrap(), "who may only read can judge");
        sqlx::raw_sql(step).execute(&mut server).await.unwrap();
    }
    assert!(!store.database.is_migrated().await.unwrap(), "a newer schema is another schema, not a store that is away");
}

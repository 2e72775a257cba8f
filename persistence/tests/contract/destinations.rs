//! Which destinations are looked at: those that may be sent something, however many may not.

use std::time::Duration;

use chrono::TimeDelta;
use domain::ids::{ConnectionId, ContactId, DeliveryId, EntityId};
use domain::integrations::{Delivery, DeliveryState, Job, Verdict};
use domain::operation::CorrelationId;
use persistence::deliveries::{Claim, Ending, Settlement, claim, enqueue, ready_destinations, settle};
use uuid::Uuid;

use crate::store::Store;

/// Four destinations with two lanes each. The first three ask for an hour; a look at one then finds the fourth.
async fn check(store: Store) {
    let now = store.edge.now();
    let id = |number: u128| ConnectionId::from_uuid(Uuid::from_u128(number));
    let delivery = |connection, contact| Delivery {
        id: store.edge.new_id(),
        job: Job::SyncContact { connection: id(connection), contact: ContactId::from_uuid(Uuid::from_u128(contact)) },
        position: 1,
        state: DeliveryState::Pending,
        attempts: 0,
        next_attempt_at: now,
        last_error: None,
        correlation: CorrelationId::parse("destinations").unwrap(),
        created_at: now,
    };
    let tx = store.database.begin_system().await.unwrap();
    let all: Vec<Delivery> = (1..=8).map(|number| delivery(1 + number % 4, number)).collect();
    enqueue(&tx, store.workspace, &all).await.unwrap();
    let ready = ready_destinations(&tx, None, 3, now).await.unwrap();
    let ask = Claim {
        lanes: 1,
        replays: 0,
        run: 1,
        token: store.edge.new_id::<DeliveryId>().uuid(),
        now,
        until: now + TimeDelta::seconds(20),
        trial_until: now + TimeDelta::seconds(20),
    };
    let mut claimed = Vec::new();
    for destination in &ready {
        claimed.extend(claim(&tx, destination, &ask).await.unwrap().concat());
    }
    tx.commit().await.unwrap();
    assert_eq!(claimed.len(), 3);

    let hour = now + TimeDelta::hours(1);
    let settlement = Settlement::Retry { at: hour, error: "Busy.".to_owned() };
    let verdict = Verdict::AsksToWait(Duration::from_hours(1));
    let ending = |claimed| Ending { claimed, settlement: &settlement, verdict, dice: 0.5, sent_to: None };
    let tx = store.begin().await;
    settle(&tx, &claimed.iter().map(ending).collect::<Vec<_>>(), now).await.unwrap();
    tx.commit().await.unwrap();

    let tx = store.database.begin_system().await.unwrap();
    let found = async |limit, at| {
        let ready = ready_destinations(&tx, None, limit, at).await.unwrap();
        ready.into_iter().map(|destination| destination.id).collect::<Vec<_>>()
    };
    let ids = |numbers: &[u128]| numbers.iter().map(|number| id(*number).to_string()).collect::<Vec<_>>();
    assert_eq!(found(1, now).await, ids(&[4]));
    assert_eq!(found(2, hour - TimeDelta::milliseconds(1)).await, ids(&[4]));
    assert_eq!(found(2, hour).await, ids(&[1, 2]));
}

#[tokio::test]
async fn those_that_are_left_alone_hide_nobody_on_sqlite() {
    check(Store::on_sqlite().await).await;
}

#[tokio::test]
async fn those_that_are_left_alone_hide_nobody_on_postgres() {
    check(Store::on_postgres().await).await;
}

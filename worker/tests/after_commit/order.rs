//! Locks are taken in one order: who holds the first of two gets the second, whatever waits for the first meanwhile.
//! On PostgreSQL; a file has one writer.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use commands::Outcome;
use commands::integrations::{
    DiscardDeadLetter, PolicyFor, ReplayDeadLetters, SetDeliveryPolicy, discard_dead_letter, replay_dead_letters,
    set_delivery_policy,
};
use commands::webhooks::{EndpointStep, KeepDelivery, Kept, ReceiveSubmission, keep_delivery, receive_submission};
use domain::integrations::{OnDeath, Verdict};
use domain::webhooks::endpoint::EndpointStatus;
use domain::webhooks::{FormSubmission, Submission, SubmissionState, Violation};
use persistence::deliveries::{Ending, Settlement};
use persistence::{deliveries, webhooks};
use serde_json::json;
use sqlx::{Connection as _, Row as _};

use crate::crm::never;
use crate::endpoints::{active, claimed, in_line, settings, step, update};
use crate::story::Story;

/// Somebody holds the first row while this is done; when it waits for that, they take the second row too.
async fn check<T>(story: &Story, (first, second): (&'static str, &'static str), waiting: impl Future<Output = T>) -> T {
    let mut other = story.beside().await;
    let mut other = other.begin().await.unwrap();
    assert!(!sqlx::query(first).fetch_all(&mut *other).await.unwrap().is_empty(), "somebody holds {first}");
    let holder = async {
        until_somebody_waits(story).await;
        sqlx::query(second).fetch_all(&mut *other).await.expect("they do not wait for each other");
        other.rollback().await.unwrap();
    };
    tokio::join!(waiting, holder).0
}

async fn until_somebody_waits(story: &Story) {
    let mut look = story.beside().await;
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let begun = Instant::now();
    while sqlx::query(waiting).fetch_one(&mut look).await.unwrap().get::<i64, _>(0) == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "nobody waits for the lock");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_update_of_an_endpoint_meets_the_end_of_an_attempt() {
    let story = Story::on_postgres().await;
    let endpoint = active(&story).await;
    let locks = ("SELECT 1 FROM destinations FOR UPDATE", "SELECT 1 FROM webhook_endpoints FOR UPDATE");
    let updated = Box::pin(update(&story, &endpoint, settings(&endpoint.url, Some(5))));
    let changed = check(&story, locks, updated).await;
    assert_eq!(changed.rate_per_second, Some(5));
}

#[tokio::test]
async fn enabling_an_endpoint_meets_the_end_of_an_attempt() {
    let story = Story::on_postgres().await;
    let endpoint = active(&story).await;
    in_line(&story, endpoint.id, 2).await;
    story.damage("UPDATE deliveries SET state = 'parked' WHERE position = 1").await;
    step(&story, endpoint.id, EndpointStep::Disable).await;
    let locks = ("SELECT 1 FROM lanes FOR UPDATE", "SELECT 1 FROM webhook_endpoints FOR UPDATE");
    let enabled = Box::pin(step(&story, endpoint.id, EndpointStep::Enable));
    let status = check(&story, locks, enabled).await;
    assert_eq!((status, story.dead_letters().await.len()), (EndpointStatus::Active, 0));
}

#[tokio::test]
async fn sending_many_again_meets_the_relay() {
    let story = Story::on_postgres().await;
    let policy =
        SetDeliveryPolicy { destination: PolicyFor::Connection(story.connection), on_death: OnDeath::BlockLane };
    set_delivery_policy(&story.worker.stores, &story.operation(), "block", policy).await.unwrap();
    // Bob's letter is older, and his lane comes behind Ada's.
    let ada = story.meet("Ada").await;
    story.drain().await;
    story.meet("Bob").await;
    story.crm.answers("contact Bob", [never()]);
    story.drain().await;
    story.rename(&ada, "Augusta").await;
    story.crm.answers("contact Augusta", [never()]);
    story.drain().await;
    story.advance(TimeDelta::seconds(1));

    let locks = (
        "SELECT 1 FROM lanes ORDER BY lane LIMIT 1 FOR UPDATE",
        "SELECT 1 FROM lanes ORDER BY lane DESC LIMIT 1 FOR UPDATE",
    );
    let input = ReplayDeadLetters { destination: None, state: None, limit: 10 };
    let operation = story.operation();
    let replayed = Box::pin(replay_dead_letters(&story.worker.stores, &operation, "again", input));
    check(&story, locks, replayed).await.unwrap();
    assert_eq!(story.dead_letters().await.len(), 0);
}

#[tokio::test]
async fn a_correction_by_the_sender_meets_one_by_people() {
    let story = Story::on_postgres().await;
    let form = json!({
        "event": "webform_submitted", "version": 1, "occurred_at": "2026-03-02T08:59:00Z", "form_id": "demo",
        "contact": { "email": "ada@example.com", "given_name": "Ada" },
    });
    let form: FormSubmission = serde_json::from_value(form).unwrap();
    let id = || Some("d-1".to_owned());
    let unfit = KeepDelivery {
        connection: story.connection,
        delivery_id: id(),
        replay_key: None,
        headers: std::collections::BTreeMap::new(),
        body: b"{}".to_vec(),
        violations: vec![Violation {
            path: "/event".to_owned(),
            keyword: "required".to_owned(),
            message: "It is missing.".to_owned(),
        }],
    };
    let (worker, operation) = (&story.worker, story.operation());
    let kept = keep_delivery(&worker.stores, &worker.sealer, &operation, unfit).await.unwrap();
    let Kept::New(kept) = kept else { panic!("it is new") };

    // Somebody repairs it: they have the delivery, and are about to write the submission.
    let tx = story.begin().await;
    webhooks::lock_inbound(&tx, kept.id).await.unwrap().expect("it is there");
    let repaired = Submission {
        id: operation.new_id(),
        connection: Some(story.connection),
        delivery_id: id(),
        form: form.clone(),
        state: SubmissionState::Received,
        correlation: operation.correlation.clone(),
        received_at: operation.now,
        processed_at: None,
        contact: None,
        decision: None,
        meeting_type: None,
    };
    let repair = async {
        until_somebody_waits(&story).await;
        assert!(webhooks::insert_new(&tx, &repaired, None).await.expect("they do not wait for each other"));
        tx.commit().await.unwrap();
    };
    let input = ReceiveSubmission { connection: story.connection, delivery_id: id(), signature: None, form };
    let (received, ()) = tokio::join!(receive_submission(&worker.stores, &operation, input), repair);
    let received = received.unwrap();
    assert_eq!((received.submission, received.is_new), (repaired.id, false));
}

#[tokio::test]
async fn a_discarded_letter_that_is_just_dying_does_not_block_its_lane() {
    let story = Story::on_postgres().await;
    let endpoint = active(&story).await;
    in_line(&story, endpoint.id, 2).await;
    let [mut dying] = claimed(&story, 1).await.try_into().unwrap();
    dying.on_death = OnDeath::BlockLane;
    let settlement = Settlement::Dead { error: "No.".to_owned() };
    let ending = Ending { claimed: &dying, settlement: &settlement, verdict: Verdict::Works, dice: 0.0, sent_to: None };
    let tx = story.begin().await;
    assert_eq!(deliveries::settle(&tx, &[ending], story.now()).await.unwrap(), [true]);
    let commit = async {
        until_somebody_waits(&story).await;
        tx.commit().await.unwrap();
    };
    let input = DiscardDeadLetter { delivery: dying.delivery.id, reason: "Nobody wants it.".to_owned() };
    let operation = story.operation();
    let discarded = discard_dead_letter(&story.worker.stores, &operation, "no", input);
    let (discarded, ()) = tokio::join!(discarded, commit);
    assert!(matches!(discarded.unwrap().outcome, Outcome::Done(_)));
    let lanes = deliveries::list_lanes(&story.worker.stores.database.reader(story.workspace), 9).await.unwrap();
    assert_eq!(lanes.iter().map(|lane| lane.blocked_by).collect::<Vec<_>>(), [None], "the second goes on");
}

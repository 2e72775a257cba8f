//! The whole way from a fact to the CRM.

use std::time::Duration;

use chrono::TimeDelta;
use commands::webhooks::{ReceiveSubmission, receive_submission};
use domain::meetings::{MeetingOutcome, record_outcome, reschedule};
use domain::routing::RoutingRules;
use persistence::answers::{self, Claimed};
use persistence::routing;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::story::{Story, correlation};

pub async fn a_form_by_webhook_ends_in_the_crm(story: Story) {
    let rules = RoutingRules {
        id: story.worker.edge.new_id(),
        version: 1,
        territories: Vec::new(),
        fallback_owners: Vec::new(),
        sla_minutes: 15,
    };
    let tx = story.begin().await;
    routing::insert_rules(&tx, &rules, story.now()).await.unwrap();
    tx.commit().await.unwrap();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(story.worker.clone().run(shutdown.clone()));

    let form = json!({
        "event": "webform_submitted", "version": 1, "occurred_at": "2026-03-02T08:59:00Z", "form_id": "demo",
        "contact": { "email": "ada@example.com", "given_name": "Ada" },
    });
    let input = ReceiveSubmission {
        connection: story.connection,
        delivery_id: Some("d-1".to_owned()),
        signature: Some("s-1".to_owned()),
        form: serde_json::from_value(form).unwrap(),
    };
    let operation = story.worker.edge.system(story.workspace, correlation("request-1"));
    receive_submission(&story.worker.stores, &operation, input).await.unwrap();

    assert_eq!(story.crm.next_call().await, "contact Ada");
    assert!(story.crm.next_call().await.starts_with("task "));
    shutdown.cancel();
    running.await.unwrap();
    story.worker.drain().await.unwrap();
    assert_eq!(story.receipts().await, ["con v1", "tsk v1"]);
    assert_eq!(story.crm.correlations(), ["request-1"]);
    assert!(story.events().await.iter().all(|event| event.correlation.as_str() == "request-1"));
}

pub async fn a_meeting_is_followed_to_its_outcome(story: Story) {
    let ada = story.meet("Ada").await;
    let meeting = story.book(&ada).await;
    assert_eq!(story.drain().await, ["contact Ada", "meeting Intro Scheduled v1"]);

    let operation = story.operation();
    let later = meeting.starts_at + TimeDelta::hours(2);
    let moved = reschedule(&operation.permit().unwrap(), meeting, later, story.now()).unwrap();
    let meeting = story.write(moved).await;
    assert_eq!(story.drain().await, ["meeting Intro Rescheduled v2"]);

    let outcome = MeetingOutcome::Completed;
    let ended = record_outcome(&operation.permit().unwrap(), meeting, outcome, story.now()).unwrap();
    story.write(ended).await;
    assert_eq!(story.drain().await, ["meeting Intro Completed v3"]);
    assert_eq!(story.receipts().await, ["con v1", "mtg v1", "mtg v2", "mtg v3"]);
}

pub async fn stored_answers_are_forgotten_after_a_week(story: Story) {
    let give = async |key: &str| {
        let (tx, operation) = (story.begin().await, story.operation());
        answers::claim(&tx, &operation, key, "f").await.unwrap();
        answers::store(&tx, &operation, key, &json!(1)).await.unwrap();
        tx.commit().await.unwrap();
    };
    // Asked in a transaction that is given up, for a claim takes the key.
    let is_known = async |key: &str| {
        let (tx, operation) = (story.begin().await, story.operation());
        matches!(answers::claim(&tx, &operation, key, "f").await.unwrap(), Claimed::Known { .. })
    };
    give("old").await;
    story.advance(TimeDelta::days(7) + TimeDelta::seconds(1));
    give("new").await;
    assert!(is_known("old").await && is_known("new").await);

    let shutdown = CancellationToken::new();
    let running = tokio::spawn(story.worker.clone().run(shutdown.clone()));
    let forgotten = async {
        while is_known("old").await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), forgotten).await.expect("the old answer is forgotten by itself");
    shutdown.cancel();
    running.await.unwrap();
    assert!(is_known("new").await, "what is younger stays");
}

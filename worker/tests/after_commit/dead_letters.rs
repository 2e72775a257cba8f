//! What cannot be delivered is kept, shown and sent again.

use chrono::TimeDelta;
use commands::Outcome;
use commands::integrations::{EditDeadLetter, ReplayDeadLetter, edit_dead_letter, replay_dead_letter};
use commands::webhooks::{ReceiveSubmission, receive_submission};
use domain::access::Actor;
use domain::events::Fact;
use domain::ids::DeliveryId;
use domain::integrations::{ConnectionStatus, DeliveryState, Job};
use serde_json::{Value, json};

use crate::crm::{later, never, unauthorised};
use crate::story::Story;

pub async fn replay(story: &Story, delivery: DeliveryId) {
    let input = ReplayDeadLetter { delivery };
    let key = format!("replay {delivery}");
    let answered = replay_dead_letter(&story.worker.stores, &story.operation(), &key, input).await.unwrap();
    assert!(matches!(answered.outcome, Outcome::Done(_)));
}

pub async fn a_permanent_refusal_is_kept_and_can_be_replayed(story: Story) {
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [never()]);
    assert_eq!(story.drain().await, ["contact Ada"]);

    let [dead] = &story.dead_letters().await[..] else { panic!("one dead letter") };
    assert_eq!((dead.state, dead.attempts), (DeliveryState::Dead, 1));
    let error = "INVALID_OPTION (HTTP 400): There is no such option.\n{\"email\":\"…\"}";
    assert_eq!(dead.last_error.as_deref(), Some(error));
    story.advance(TimeDelta::days(2));
    assert!(story.drain().await.is_empty(), "the dead are not tried again by themselves");

    replay(&story, dead.id).await;
    assert_eq!(story.drain().await, ["contact Ada"]);
    assert_eq!((story.pending().await, story.dead_letters().await.len()), (0, 0));
    assert_eq!(story.receipts().await, ["con v1"]);
}

pub async fn refused_credentials_park_until_a_replay(story: Story) {
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [unauthorised()]);
    assert_eq!(story.drain().await, ["contact Ada"]);
    assert_eq!(story.connection_status().await, ConnectionStatus::NeedsReauthorisation);

    story.meet("Bob").await;
    assert!(story.drain().await.is_empty(), "refused credentials are not offered again");
    let parked = story.dead_letters().await;
    let states: Vec<DeliveryState> = parked.iter().map(|delivery| delivery.state).collect();
    assert_eq!(states, [DeliveryState::Parked; 2]);

    for delivery in &parked {
        replay(&story, delivery.id).await;
    }
    let mut asked = story.drain().await;
    asked.sort_unstable();
    assert_eq!(asked, ["contact Ada", "contact Bob"]);
    assert_eq!(story.connection_status().await, ConnectionStatus::Active);
    assert_eq!((story.pending().await, story.dead_letters().await.len()), (0, 0));
}

pub async fn attempts_are_bounded(mut story: Story) {
    story.worker.config.attempts_max = 3;
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [later(None), later(Some(1)), later(None)]);
    for _ in 0..3 {
        assert_eq!(story.drain().await, ["contact Ada"]);
        story.advance(TimeDelta::hours(1));
    }
    let [dead] = &story.dead_letters().await[..] else { panic!("one dead letter") };
    assert_eq!(dead.last_error.as_deref(), Some("Given up after 3 attempts. Busy."));
    assert_eq!(story.pending().await, 0);
}

fn form(email: &str) -> Value {
    json!({
        "event": "webform_submitted", "version": 1, "occurred_at": "2026-03-02T08:59:00Z", "form_id": "demo",
        "contact": { "email": email, "given_name": "Ada" },
    })
}

pub async fn a_form_that_cannot_be_read_is_corrected(story: Story) {
    let input = ReceiveSubmission {
        connection: story.connection,
        delivery_id: Some("d-1".to_owned()),
        signature: Some("s-1".to_owned()),
        form: serde_json::from_value(form("ada@example.com")).unwrap(),
    };
    let came = receive_submission(&story.worker.stores, &story.operation(), input).await.unwrap();
    story.damage("UPDATE submissions SET form = '{\"event\": \"webform_submitted\", \"form_id\": \"demo\"}'").await;
    assert!(story.drain().await.is_empty());
    let [dead] = &story.dead_letters().await[..] else { panic!("one dead letter") };
    assert_eq!(dead.job, Job::RunPipeline { submission: came.submission });
    assert!(dead.last_error.as_deref().unwrap().starts_with("Meridian failed"), "{dead:?}");

    let edit = async |key: &str, body: Value| {
        let input = EditDeadLetter { delivery: dead.id, body, reason: " The sender's mapping lost it. ".to_owned() };
        edit_dead_letter(&story.worker.stores, &story.operation(), key, input).await.unwrap().outcome
    };
    let before = story.events().await.len();
    let Outcome::Refused(refusals) = edit("unfit", json!({"event": "webform_submitted"})).await else { panic!() };
    assert!(refusals.iter().any(|refusal| refusal.field.as_deref() == Some("input.body")), "{refusals:?}");
    assert_eq!((story.events().await.len(), story.dead_letters().await.len()), (before, 1), "nothing was written");

    let Outcome::Done(edited) = edit("fit", form("ada@example.com")).await else { panic!("it fits") };
    assert_eq!((edited.delivery.state, edited.delivery.attempts), (DeliveryState::Pending, 0));
    assert_eq!(story.drain().await, ["contact Ada"]);
    assert_eq!((story.pending().await, story.dead_letters().await.len()), (0, 0));
    let told = story.events().await.into_iter().find(|event| matches!(event.fact, Fact::DeadLetterEdited { .. }));
    let told = told.unwrap();
    let Fact::DeadLetterEdited { delivery, submission, fields, reason } = told.fact else { panic!() };
    assert_eq!((delivery, submission, told.actor), (dead.id, came.submission, Actor::System));
    assert_eq!(fields, ["/contact/email", "/contact/given_name", "/occurred_at", "/version"]);
    assert_eq!(reason, "The sender's mapping lost it.");
    assert_eq!(told.correlation, dead.correlation);
}

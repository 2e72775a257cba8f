//! Order, waits and versions within a lane.

use chrono::TimeDelta;
use commands::Outcome;
use commands::integrations::{
    DiscardDeadLetter, PolicyFor, SetDeliveryPolicy, discard_dead_letter, set_delivery_policy,
};
use domain::integrations::OnDeath;

use crate::crm::{Reply, later, never};
use crate::dead_letters::replay;
use crate::story::Story;

pub async fn a_lane_keeps_its_order_while_its_head_is_retried(story: Story) {
    let ada = story.meet("Ada").await;
    story.assign(&ada, "Call Ada").await;
    let bob = story.meet("Bob").await;
    story.assign(&bob, "Call Bob").await;
    story.crm.answers("contact Ada", [later(None), later(None)]);

    let mut first = story.drain().await;
    first.sort_unstable();
    assert_eq!(first, ["contact Ada", "contact Bob", "task Call Bob"], "Ada's task waits behind Ada, Bob's does not");
    story.advance(TimeDelta::seconds(1));
    assert_eq!(story.drain().await, ["contact Ada"]);
    story.advance(TimeDelta::seconds(2));
    assert_eq!(story.drain().await, ["contact Ada", "task Call Ada"]);
    assert_eq!((story.pending().await, story.dead_letters().await.len()), (0, 0));
}

pub async fn a_dead_head_does_not_block_its_lane(story: Story) {
    let ada = story.meet("Ada").await;
    story.assign(&ada, "Call Ada").await;
    story.crm.answers("contact Ada", [never()]);

    // The task finds its contact missing in the CRM and brings it along.
    assert_eq!(story.drain().await, ["contact Ada", "contact Ada", "task Call Ada"]);
    assert_eq!((story.pending().await, story.dead_letters().await.len()), (0, 1));
    assert_eq!(story.receipts().await, ["con v1", "tsk v1"]);
}

pub async fn a_told_wait_is_obeyed(mut story: Story) {
    story.worker.dice = || 0.0;
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [later(Some(30))]);

    assert_eq!(story.drain().await, ["contact Ada"]);
    story.advance(TimeDelta::milliseconds(29_999));
    assert!(story.drain().await.is_empty(), "one millisecond too early");
    story.advance(TimeDelta::milliseconds(1));
    assert_eq!(story.drain().await, ["contact Ada"]);
    assert_eq!(story.pending().await, 0);
}

pub async fn newer_state_is_written_once(story: Story) {
    let ada = story.meet("Ada").await;
    let ada = story.rename(&ada, "Augusta").await;
    story.rename(&ada, "Ada Augusta").await;

    assert_eq!(story.drain().await, ["contact Ada Augusta"], "three events, one state, one call");
    assert_eq!(story.receipts().await, ["con v3"]);
    assert_eq!(story.pending().await, 0);
}

pub async fn a_dead_head_blocks_its_lane_where_that_is_asked_for(story: Story) {
    let policy =
        SetDeliveryPolicy { destination: PolicyFor::Connection(story.connection), on_death: OnDeath::BlockLane };
    set_delivery_policy(&story.worker.stores, &story.operation(), "block", policy).await.unwrap();
    for name in ["Ada", "Bob"] {
        let contact = story.meet(name).await;
        story.assign(&contact, &format!("Call {name}")).await;
        story.crm.answers(&format!("contact {name}"), [never()]);
    }
    story.drain().await;
    story.advance(TimeDelta::days(1));
    assert!(story.drain().await.is_empty(), "nothing passes the dead");
    assert_eq!(story.pending().await, 2);

    let [bob, ada] = &story.dead_letters().await[..] else { panic!("two dead letters") };
    replay(&story, ada.id).await;
    assert_eq!(story.drain().await, ["contact Ada", "task Call Ada"]);
    let input = DiscardDeadLetter { delivery: bob.id, reason: "Left the company.".to_owned() };
    let discarded = discard_dead_letter(&story.worker.stores, &story.operation(), "no", input).await.unwrap();
    let Outcome::Done(discarded) = discarded.outcome else { panic!("it is discarded") };
    assert_eq!(discarded.delivery.last_error.as_deref(), Some("Discarded by Meridian: Left the company."));
    assert_eq!(story.drain().await, ["contact Bob", "task Call Bob"], "the task brings its contact along");
    assert_eq!((story.pending().await, story.dead_letters().await.len()), (0, 0));
}

pub async fn a_destination_that_keeps_failing_is_left_alone(story: Story) {
    let letters: Vec<char> = ('A'..='U').collect();
    for letter in &letters {
        story.meet(&format!("{letter}nn")).await;
        story.crm.answers(&format!("contact {letter}nn"), [later(None)]);
    }
    story.crm.answers("contact Ann", [later(None)]);
    assert_eq!(story.drain().await.len(), letters.len());
    story.advance(TimeDelta::milliseconds(4999));
    assert!(story.drain().await.is_empty(), "all are due, and the circuit is open");
    story.advance(TimeDelta::milliseconds(1));
    assert_eq!(story.drain().await, ["contact Ann"], "one on trial, which fails");
    story.advance(TimeDelta::milliseconds(9999));
    assert!(story.drain().await.is_empty(), "open again, for longer");
    story.advance(TimeDelta::milliseconds(1));
    let asked = story.drain().await;
    assert_eq!((asked[0].as_str(), asked.len()), ("contact Bnn", letters.len()), "one on trial, then everybody");
    assert_eq!((story.pending().await, story.dead_letters().await.len()), (0, 0));
}

pub async fn a_trial_is_one_however_many_workers_there_are(story: Story) {
    for letter in 'A'..='T' {
        story.meet(&format!("{letter}nn")).await;
        story.crm.answers(&format!("contact {letter}nn"), [later(None)]);
    }
    assert_eq!(story.drain().await.len(), 20);
    while story.crm.next_call_soon().await.is_some() {}
    story.advance(TimeDelta::seconds(5));
    story.crm.answers("contact Ann", [Reply::Hang]);
    let other = story.worker.clone();
    let on_trial = tokio::spawn(async move { other.drain().await });
    assert_eq!(story.crm.next_call().await, "contact Ann");
    assert_eq!(story.drain().await, ["contact Ann"], "the other worker asks nothing meanwhile");
    story.crm.let_go();
    on_trial.await.unwrap().unwrap();
    assert_eq!((story.crm.asked().len(), story.pending().await), (19, 0), "it is back, and everybody goes on");
}

//! Workers that die, hang, panic or are told to stop in the middle of a delivery.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use worker::Worker;

use crate::crm::Reply;
use crate::story::Story;

/// A worker that runs until its token is cancelled.
fn start(worker: &Worker) -> (CancellationToken, JoinHandle<()>) {
    let shutdown = CancellationToken::new();
    (shutdown.clone(), tokio::spawn(worker.clone().run(shutdown)))
}

async fn stop((shutdown, running): (CancellationToken, JoinHandle<()>)) {
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(20), running).await.expect("the worker stops").unwrap();
}

pub async fn a_lost_lease_settles_nothing(story: Story) {
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [Reply::Hang]);
    let slow = start(&story.worker);
    assert_eq!(story.crm.next_call().await, "contact Ada");

    // The lease ends by the clock before the first heartbeat is due; somebody else takes over and is done.
    story.advance(TimeDelta::seconds(21));
    story.worker.drain().await.unwrap();
    assert_eq!(story.crm.next_call().await, "contact Ada");
    story.crm.let_go();
    stop(slow).await;

    story.worker.drain().await.unwrap();
    assert_eq!(story.receipts().await, ["con v1"], "the first to be claimed wrote nothing at its end");
    assert_eq!(story.crm.records(), ["contact Ada"]);
    assert_eq!((story.pending().await, story.dead_letters().await.len()), (0, 0));
}

pub async fn an_attempt_is_abandoned_when_its_lease_is_lost(mut story: Story) {
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [Reply::Hang]);
    story.worker.config.lease = Duration::from_millis(300);
    story.worker.config.finish_within = Duration::from_hours(1);
    let slow = start(&story.worker);
    assert_eq!(story.crm.next_call().await, "contact Ada");

    let other = story.worker.clone();
    let again = loop {
        story.advance(TimeDelta::seconds(1));
        other.drain().await.unwrap();
        // The heartbeat may be quicker than we are; then the lease lives on, and the clock has to move again. Or the
        // first worker is: it notices the loss, and takes the lane anew.
        if let Some(call) = story.crm.next_call_soon().await {
            break call;
        }
    };
    assert_eq!(again, "contact Ada");
    // Nobody lets the first call go: the worker stops because the heartbeat noticed the loss.
    stop(slow).await;
    // It may have been the one to take the lane anew, and have stopped before the receipt had its place.
    other.drain().await.unwrap();
    assert_eq!(story.receipts().await, ["con v1"]);
}

pub async fn a_shutdown_lets_deliveries_under_way_finish(story: Story) {
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [Reply::Hang]);
    let (shutdown, running) = start(&story.worker);
    assert_eq!(story.crm.next_call().await, "contact Ada");
    shutdown.cancel();
    story.meet("Bob").await;
    assert_eq!(story.crm.next_call_soon().await, None, "nothing new is begun");
    assert!(!running.is_finished(), "the delivery under way is waited for");
    story.crm.let_go();
    running.await.unwrap();
    // Whether Bob's delivery is in line by now is the relay's secret: it may have been in the middle of a batch.
    story.worker.drain().await.unwrap();
    assert_eq!(story.crm.asked(), ["contact Ada", "contact Bob"], "Ada is done, and not made again");
    assert_eq!(story.receipts().await, ["con v1", "con v1"]);
}

pub async fn a_shutdown_does_not_wait_for_ever(mut story: Story) {
    story.worker.config.finish_within = Duration::from_millis(50);
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [Reply::Hang]);
    let running = start(&story.worker);
    assert_eq!(story.crm.next_call().await, "contact Ada");
    stop(running).await;

    // The CRM took the contact, and nobody noted it: the next worker writes it again, and there is still one.
    assert_eq!(story.pending().await, 1);
    story.advance(TimeDelta::seconds(21));
    story.worker.drain().await.unwrap();
    assert_eq!((story.pending().await, story.crm.records()), (0, vec!["contact Ada".to_owned()]));
    assert_eq!(story.receipts().await, ["con v1"]);
}

pub async fn an_attempt_that_takes_too_long_counts_as_one(mut story: Story) {
    story.worker.config.attempt_timeout = Duration::from_millis(50);
    story.worker.config.attempts_max = 1;
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [Reply::Hang]);
    assert_eq!(story.drain().await, ["contact Ada"]);
    let [dead] = &story.dead_letters().await[..] else { panic!("one dead letter") };
    let error = "Given up after 1 attempts. The attempt took longer than 0.05 s.";
    assert_eq!(dead.last_error.as_deref(), Some(error));
}

pub async fn an_attempt_that_panics_counts_as_one(story: Story) {
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [Reply::Panic]);
    assert_eq!(story.drain().await, ["contact Ada"]);
    assert_eq!(story.pending().await, 1);
    story.advance(TimeDelta::seconds(1));
    assert_eq!(story.drain().await, ["contact Ada"]);
    assert_eq!(story.pending().await, 0);
}

//! Order, waits and versions within a lane.

use chrono::TimeDelta;

use crate::crm::{later, never};
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

//! What cannot be delivered is kept, shown and sent again.

use chrono::TimeDelta;
use commands::Outcome;
use commands::integrations::{ReplayDeadLetter, replay_dead_letter};
use domain::ids::DeliveryId;
use domain::integrations::{ConnectionStatus, DeliveryState};

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

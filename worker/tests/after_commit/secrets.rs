//! The end of a secret's overlap is told before it comes.

use chrono::TimeDelta;
use domain::events::Fact;
use domain::ids::EndpointId;
use domain::webhooks::endpoint::EndpointChange;
use persistence::webhooks::{lock_endpoint, replace_endpoint, secret_warnings};

use crate::opaque::endpoint;
use crate::story::Story;

/// Gives it another secret, with an overlap.
async fn rotate(story: &Story, id: EndpointId, overlap: TimeDelta) {
    let tx = story.begin().await;
    let (endpoint, secrets) = lock_endpoint(&tx, &story.worker.sealer, id).await.unwrap().unwrap();
    let secrets = secrets.rotated("whsec_BBBB".to_owned(), story.now(), overlap);
    replace_endpoint(&tx, &story.worker.sealer, &endpoint, &secrets).await.unwrap();
    tx.commit().await.unwrap();
}

/// The warnings in the log after so much time.
async fn warnings_after(story: &Story, time: TimeDelta) -> usize {
    story.advance(time);
    story.worker.warn_of_secrets().await.unwrap();
    story.drain().await;
    let is_warning =
        |fact: &Fact| matches!(fact, Fact::WebhookEndpointChanged { change: EndpointChange::SecretExpiring, .. });
    story.events().await.iter().filter(|event| is_warning(&event.fact)).count()
}

pub async fn the_end_of_an_overlap_is_told_once_and_a_day_before(story: Story) {
    let id = endpoint(&story).await;
    rotate(&story, id, TimeDelta::days(7)).await;
    assert_eq!(warnings_after(&story, TimeDelta::hours(6 * 24 - 1)).await, 0);
    assert_eq!(warnings_after(&story, TimeDelta::hours(1)).await, 1);
    assert_eq!(warnings_after(&story, TimeDelta::hours(1)).await, 1, "once");

    // Another overlap is another warning, and one that ended while nobody looked is none.
    rotate(&story, id, TimeDelta::hours(2)).await;
    assert_eq!(warnings_after(&story, TimeDelta::hours(1)).await, 2);
    rotate(&story, id, TimeDelta::hours(2)).await;
    assert_eq!(warnings_after(&story, TimeDelta::days(8)).await, 2);
    let due = secret_warnings(&story.worker.stores.database, story.now(), 10).await.unwrap();
    assert_eq!(due, [], "nobody looks at it again");
}

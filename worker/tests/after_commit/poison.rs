//! Rows that cannot be read hold up nobody, are kept, and are told of.

use chrono::TimeDelta;
use domain::integrations::{DeliveryState, Job};
use persistence::events::count_set_aside;

use crate::crm::later;
use crate::story::Story;

/// Three contacts whose deliveries wait for a second attempt.
async fn meet_and_put_off(story: &Story) {
    for name in ["Ada", "Bob", "Cyd"] {
        story.crm.answers(&format!("contact {name}"), [later(None)]);
        story.meet(name).await;
    }
    assert_eq!(story.drain().await.len(), 3);
}

/// Lets leases end that are left to a newer version, until nothing more happens.
async fn drain_for_minutes(story: &Story) -> Vec<String> {
    let mut asked = Vec::new();
    for _ in 0..5 {
        story.advance(TimeDelta::minutes(1));
        asked.extend(story.drain().await);
    }
    asked
}

pub async fn a_delivery_that_cannot_be_read_becomes_a_dead_letter(story: Story) {
    meet_and_put_off(&story).await;
    story.damage("UPDATE deliveries SET job = '{\"job\": \"nonsense\"}' WHERE position = 2").await;
    story.meet("Dan").await;
    assert_eq!(drain_for_minutes(&story).await.len(), 3, "everybody but Bob");

    let [dead] = &story.dead_letters().await[..] else { panic!("one dead letter") };
    assert_eq!(dead.state, DeliveryState::Dead);
    assert_eq!(dead.last_error.as_deref(), Some("Meridian cannot read this delivery."));
    let Job::Unreadable { was, .. } = &dead.job else { panic!("{:?}", dead.job) };
    assert!(was.contains("nonsense"), "{was}");
    assert_eq!(story.pending().await, 0);
}

pub async fn a_fact_that_cannot_be_read_is_set_aside(story: Story) {
    for name in ["Ada", "Bob", "Cyd"] {
        story.meet(name).await;
    }
    story.damage("UPDATE events SET fact = '{\"type\": \"contact_created\"}' WHERE seq = 2").await;
    let mut asked = story.drain().await;
    asked.sort_unstable();
    assert_eq!(asked, ["contact Ada", "contact Cyd"]);
    let set_aside = async || count_set_aside(&story.worker.stores.database).await.unwrap();
    assert_eq!(set_aside().await, 1);
    let positions: Vec<i64> = story.events().await.iter().map(|event| event.position).collect();
    assert_eq!(positions, [1, 2, 3, 4], "two contacts and two receipts, without a gap");
}

/// Nobody in the batch can be read, and the batch is smaller than what stands in line.
pub async fn facts_that_nobody_can_read_do_not_hold_up_those_behind_them(mut story: Story) {
    story.worker.config.relay_batch = 2;
    for name in ["Ada", "Bob", "Cyd"] {
        story.meet(name).await;
    }
    story.damage("UPDATE events SET fact = '{\"type\": \"contact_created\"}'").await;
    assert_eq!(story.drain().await, Vec::<String>::new());
    assert_eq!(count_set_aside(&story.worker.stores.database).await.unwrap(), 3);
    story.meet("Dan").await;
    assert_eq!(story.drain().await, ["contact Dan"]);
    assert_eq!(story.events().await[0].position, 1, "what was set aside took no place");
}

/// SQLite keeps any text in a column of JSON; PostgreSQL refuses this damage by itself.
#[tokio::test]
async fn not_even_json_stops_nobody() {
    let story = Story::on_sqlite().await;
    story.meet("Eve").await;
    story.damage("UPDATE events SET fact = '{' WHERE seq = 1").await;
    meet_and_put_off(&story).await;
    story.damage("UPDATE deliveries SET job = '{' WHERE position = 1").await;
    let mut asked = drain_for_minutes(&story).await;
    asked.sort_unstable();
    assert_eq!(asked, ["contact Bob", "contact Cyd"]);
    assert_eq!(count_set_aside(&story.worker.stores.database).await.unwrap(), 1);
    let [dead] = &story.dead_letters().await[..] else { panic!("one dead letter") };
    assert!(matches!(&dead.job, Job::Unreadable { was, .. } if was == "{"));
}

//! Places without gaps, deliveries without duplicates.

use domain::events::Fact;
use domain::ids::EntityId;
use persistence::events::append;
use tokio_util::sync::CancellationToken;

use crate::crm::Reply;
use crate::story::Story;

fn positions(events: &[domain::events::Event]) -> Vec<i64> {
    events.iter().map(|event| event.position).collect()
}

pub async fn two_relays_at_once_place_each_event_once(mut story: Story) {
    for number in 0..40 {
        story.meet(&format!("Contact {number}")).await;
    }
    story.worker.config.relay_batch = 3;
    let (one, two) = (story.worker.clone(), story.worker.clone());
    let (one, two) = tokio::join!(tokio::spawn(async move { one.drain().await }), async { two.drain().await });
    let attempts = one.unwrap().unwrap() + two.unwrap() + story.worker.drain().await.unwrap();

    assert_eq!(attempts, 40, "one delivery each, made once");
    assert_eq!(story.crm.asked().len(), 40);
    let events = story.events().await;
    assert_eq!(positions(&events), (1..=80).collect::<Vec<i64>>(), "forty contacts and forty receipts");
}

/// The database refuses everybody while a delivery is under way, then is back: the worker goes on by itself.
#[tokio::test]
async fn a_store_that_is_away_for_a_while_delays_and_loses_nothing() {
    let story = Story::on_postgres().await;
    story.meet("Ada").await;
    story.crm.answers("contact Ada", [Reply::Hang]);
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(story.worker.clone().run(shutdown.clone()));
    assert_eq!(story.crm.next_call().await, "contact Ada");

    story.shut_database().await;
    assert!(story.worker.drain().await.is_err());
    story.crm.let_go();
    assert_eq!(story.crm.next_call_soon().await, None);
    assert!(!running.is_finished(), "a store that is away does not end the worker");

    story.open_database().await;
    story.meet("Bob").await;
    assert_eq!(story.crm.next_call().await, "contact Bob");
    shutdown.cancel();
    running.await.unwrap();
    story.worker.drain().await.unwrap();
    assert_eq!(story.receipts().await, ["con v1", "con v1"]);
    assert_eq!(story.crm.asked(), ["contact Ada", "contact Bob"], "Ada's receipt waited for the store");
}

pub async fn a_fact_that_breaks_its_schema_is_not_written(story: Story) {
    let ada = story.meet("Ada").await;
    let mut meeting = story.book(&ada).await;
    meeting.note = Some("Call me at home.".to_owned());
    let tx = story.begin().await;
    let refused = append(&tx, &story.operation(), &Fact::MeetingBooked { meeting }).await.unwrap_err().to_string();
    let expected = "the store failed: `meeting_booked` differs from its schema at `/data/meeting/note`: ";
    assert!(refused.starts_with(expected), "{refused}");
    assert!(!refused.contains("home"), "what was written does not get into a log this way: {refused}");
}

/// SQLite has one writer: there a later number cannot become visible first.
#[tokio::test]
async fn positions_follow_the_commits_and_not_the_sequence() {
    let story = Story::on_postgres().await;
    let fact = || Fact::FormSubmitted {
        submission: story.worker.edge.new_id(),
        contact: domain::ids::ContactId::from_uuid(uuid::Uuid::from_u128(1)),
    };
    let (earlier, later) = (story.operation(), story.operation());
    let (first, second) = (story.begin().await, story.begin().await);
    append(&first, &earlier, &fact()).await.unwrap();
    append(&second, &later, &fact()).await.unwrap();

    second.commit().await.unwrap();
    story.worker.drain().await.unwrap();
    assert_eq!(positions(&story.events().await), [1]);
    first.commit().await.unwrap();
    story.worker.drain().await.unwrap();

    let events = story.events().await;
    assert_eq!(positions(&events), [1, 2]);
    assert_eq!([&events[0].correlation, &events[1].correlation], [&later.correlation, &earlier.correlation]);
}

//! Events in the log that this version cannot read, as an older one meets them in the middle of an upgrade: what is
//! about them waits, and what is beside them goes on.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use domain::contacts::CountryCode;
use domain::events::Entry;
use domain::ids::{EndpointId, WorkspaceId};
use domain::integrations::{Delivery, DeliveryState, Job};
use domain::time::Zone;
use domain::webhooks::endpoint::{Endpoint, EndpointFilter, EndpointSecrets, EndpointStatus};
use domain::webhooks::replay::{Replay, ReplayState, Selection};
use domain::workspaces::Workspace;
use persistence::{deliveries, events, webhooks, workspaces};
use tokio_util::sync::CancellationToken;
use worker::Retention;

use crate::story::Story;

/// Three contacts, all told of; then the second event is one of a newer version.
async fn three_of_which_one_is_newer(story: &Story) {
    for name in ["Ada", "Bob", "Cyd"] {
        story.meet(name).await;
    }
    story.drain().await;
    story
        .damage("UPDATE events SET type = 'contact_sang', fact = '{\"type\": \"contact_sang\"}' WHERE position = 2")
        .await;
}

/// An active endpoint that wants everything.
pub async fn endpoint(story: &Story) -> EndpointId {
    let (id, now) = (story.worker.edge.new_id(), story.now());
    let endpoint = Endpoint {
        id,
        url: "https://partner.example/hook".to_owned(),
        description: None,
        filter: EndpointFilter::default(),
        header_names: Vec::new(),
        timeout_seconds: 5,
        rate_per_second: None,
        hours: None,
        status: EndpointStatus::Active,
        disabled_reason: None,
        verified_at: Some(now),
        failures: 0,
        failing_since: None,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let secrets = EndpointSecrets::new("whsec_AAAA".to_owned(), BTreeMap::new());
    let tx = story.begin().await;
    webhooks::insert_endpoint(&tx, &story.worker.sealer, &endpoint, &secrets).await.unwrap();
    tx.commit().await.unwrap();
    id
}

pub async fn a_page_shows_that_something_is_there(story: Story) {
    three_of_which_one_is_newer(&story).await;
    let log = story.log().await;
    assert_eq!(log.iter().map(Entry::position).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6], "contacts and receipts");
    assert_eq!(log[1].kind(), "contact_sang");
    assert!(log[1].event().is_none());
    assert!(log[1].entity().starts_with("con_"));
    assert_eq!(log.iter().filter(|entry| entry.event().is_some()).count(), 5);
}

pub async fn a_delivery_about_it_waits_for_a_day_and_no_attempt_counts(story: Story) {
    three_of_which_one_is_newer(&story).await;
    let (event, entity) = (story.log().await[1].id(), story.log().await[1].entity());
    let delivery = Delivery {
        id: story.worker.edge.new_id(),
        job: Job::SendWebhook { endpoint: endpoint(&story).await, event, entity, replay: None },
        position: 2,
        state: DeliveryState::Pending,
        attempts: 0,
        next_attempt_at: story.now(),
        last_error: None,
        correlation: story.worker.edge.correlation(),
        created_at: story.now(),
    };
    let tx = story.worker.stores.database.begin_system().await.unwrap();
    deliveries::enqueue(&tx, story.workspace, std::slice::from_ref(&delivery)).await.unwrap();
    tx.commit().await.unwrap();

    for _ in 0..70 {
        story.drain().await;
        story.advance(TimeDelta::minutes(20));
    }
    let reader = story.worker.stores.database.reader(story.workspace);
    let waiting = deliveries::find_delivery(&reader, delivery.id).await.unwrap().unwrap();
    assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Pending, 0));
    let reason = "The event waits for a version of Meridian that can read it.";
    assert_eq!(waiting.last_error.as_deref(), Some(reason));

    story.advance(TimeDelta::hours(1));
    story.drain().await;
    let [dead] = &story.dead_letters().await[..] else { panic!("one dead letter") };
    assert_eq!(dead.last_error.as_deref(), Some("Meridian cannot read the event."));
}

pub async fn a_replay_goes_on_over_it(story: Story) {
    three_of_which_one_is_newer(&story).await;
    let what = (endpoint(&story).await, Selection::default(), true);
    let permit = story.operation().permit().unwrap();
    let replay = Replay::start(&permit, story.worker.edge.new_id(), what, (0, 6), story.now());
    let tx = story.begin().await;
    webhooks::insert_replay(&tx, &replay).await.unwrap();
    tx.commit().await.unwrap();
    story.drain().await;
    let reader = story.worker.stores.database.reader(story.workspace);
    let after = webhooks::find_replay(&reader, replay.id).await.unwrap().unwrap();
    assert_eq!((after.state, after.scanned), (ReplayState::Done, 6));
    assert_eq!(after.matched, 5, "what can be read");
}

pub async fn retention_leaves_its_workspace_and_goes_on_with_the_next(mut story: Story) {
    let folder = tempfile::tempdir().unwrap();
    let archive = Some(folder.path().to_owned());
    story.worker.config.retention = Some(Retention { keep: TimeDelta::days(90), archive });
    three_of_which_one_is_newer(&story).await;
    let next = another_workspace(&story).await;
    assert!(next > story.workspace, "it comes later in the order of retention");
    story.drain().await;

    story.advance(TimeDelta::days(91));
    let told = story.worker.retire_old_events(&CancellationToken::new()).await.unwrap_err().to_string();
    assert!(told.starts_with("a stored value is damaged: event 2: "), "{told}");
    let horizon = async |workspace| events::horizon(&story.worker.stores.database.reader(workspace)).await.unwrap();
    assert_eq!((horizon(story.workspace).await, horizon(next).await), (1, 2));
    assert_eq!(story.log().await.len(), 6);
}

/// Another workspace, with one event.
async fn another_workspace(story: &Story) -> WorkspaceId {
    let database = &story.worker.stores.database;
    let id = story.worker.edge.new_id();
    let (zone, phone_region) = (Zone::utc(), CountryCode::parse("GB").unwrap());
    let tx = database.begin(id).await.unwrap();
    let workspace = Workspace { id, name: "Zenith".to_owned(), phone_region, zone };
    workspaces::insert(&tx, &workspace, &story.worker.edge).await.unwrap();
    let operation = story.worker.edge.system(id, story.worker.edge.correlation());
    let fact = domain::events::Fact::ContactCreated { contact: operation.new_id(), version: 1 };
    events::append(&tx, &operation, &fact).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// SQLite keeps any text in a column of JSON: there not even the row can be read.
#[tokio::test]
async fn not_even_json_holds_up_no_page() {
    let story = Story::on_sqlite().await;
    three_of_which_one_is_newer(&story).await;
    story.damage("UPDATE events SET fact = '{' WHERE position = 3").await;
    let log = story.log().await;
    let readable: Vec<i64> = log.iter().filter(|entry| entry.event().is_some()).map(Entry::position).collect();
    assert_eq!((log.len(), readable), (6, vec![1, 4, 5, 6]));
    assert_eq!(log[2].kind(), "contact_created");
}

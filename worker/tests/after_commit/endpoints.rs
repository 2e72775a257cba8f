//! Webhook endpoints, without anybody who listens: what is in line for them, and what people change meanwhile.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use commands::Outcome;
use commands::integrations::{Ended, settle};
use commands::webhooks::{
    ChangeEndpoint, CreateEndpoint, EndpointStep, NewSecret, UpdateEndpoint, change_endpoint, create_endpoint,
    update_endpoint,
};
use domain::ids::{EndpointId, EntityId, EventId};
use domain::integrations::{Delivery, DeliveryState, Job, Verdict};
use domain::webhooks::endpoint::{
    AddressPolicy, Endpoint, EndpointFilter, EndpointSettings, EndpointStatus, SignatureScheme, lifecycle,
};
use persistence::deliveries::{Claim, ClaimedDelivery, Settlement};
use persistence::{deliveries, webhooks};

use crate::story::{Story, correlation};

fn draw(_: SignatureScheme) -> String {
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned()
}

pub fn settings(url: &str, rate_per_second: Option<i32>) -> EndpointSettings {
    EndpointSettings {
        url: url.to_owned(),
        description: None,
        filter: EndpointFilter::default(),
        headers: BTreeMap::new(),
        timeout_seconds: 15,
        rate_per_second,
        hours: None,
    }
}

/// A verified endpoint with a rate of three.
pub async fn active(story: &Story) -> Endpoint {
    let Story { worker, .. } = story;
    let with = (AddressPolicy::PublicOnly, NewSecret { sealer: &worker.sealer, draw });
    let input = CreateEndpoint { settings: settings("https://partner.example/hook", Some(3)), scheme: None };
    let made = create_endpoint(&worker.stores, &story.operation(), "make", input, with).await.unwrap();
    let Outcome::Done(made) = made.outcome else { panic!("it is made") };
    let tx = story.begin().await;
    let (endpoint, secrets) =
        webhooks::lock_endpoint(&tx, &worker.sealer, made.endpoint.id).await.unwrap().expect("it is there");
    let endpoint = lifecycle::verified(endpoint, story.now()).endpoint;
    webhooks::replace_endpoint(&tx, &worker.sealer, &endpoint, &secrets).await.unwrap();
    tx.commit().await.unwrap();
    endpoint
}

/// A step of its owner's.
pub async fn step(story: &Story, endpoint: EndpointId, step: EndpointStep) -> EndpointStatus {
    let input = ChangeEndpoint { endpoint, expected_version: None };
    let (operation, key) = (story.operation(), story.worker.edge.correlation().to_string());
    let with = (step, &story.worker.sealer);
    let changed = change_endpoint(&story.worker.stores, &operation, &key, input, with).await.unwrap();
    let Outcome::Done(changed) = changed.outcome else { panic!("{step:?} is refused") };
    changed.endpoint.status
}

/// Gives it these settings.
pub async fn update(story: &Story, known: &Endpoint, settings: EndpointSettings) -> Endpoint {
    let input =
        UpdateEndpoint { endpoint: known.id, expected_version: known.version, settings, replaces_headers: false };
    let (operation, key) = (story.operation(), story.worker.edge.correlation().to_string());
    let with = (AddressPolicy::PublicOnly, &story.worker.sealer);
    let changed = update_endpoint(&story.worker.stores, &operation, &key, input, with).await.unwrap();
    let Outcome::Done(changed) = changed.outcome else { panic!("it is refused") };
    changed.endpoint
}

/// Messages about one entity, in line.
pub async fn in_line(story: &Story, endpoint: EndpointId, many: i64) {
    let delivery = |position| Delivery {
        id: story.worker.edge.new_id(),
        job: Job::SendWebhook {
            endpoint,
            event: story.worker.edge.new_id::<EventId>(),
            entity: "con_1".to_owned(),
            replay: None,
        },
        position,
        state: DeliveryState::Pending,
        attempts: 0,
        next_attempt_at: story.now(),
        last_error: None,
        correlation: correlation("in-line"),
        created_at: story.now(),
    };
    let tx = story.worker.stores.database.begin_system().await.unwrap();
    let waiting: Vec<Delivery> = (1..=many).map(delivery).collect();
    deliveries::enqueue(&tx, story.workspace, &waiting).await.unwrap();
    tx.commit().await.unwrap();
}

/// Up to so many that are in line, claimed by somebody.
pub async fn claimed(story: &Story, many: u64) -> Vec<ClaimedDelivery> {
    let tx = story.worker.stores.database.begin_system().await.unwrap();
    let ready = deliveries::ready_destinations(&tx, None, 1, story.now()).await.unwrap();
    let (now, token) = (story.now(), story.worker.edge.new_id::<EventId>().uuid());
    let until = now + TimeDelta::seconds(20);
    let ask = Claim { lanes: 1, replays: 0, run: many, token, now, until, trial_until: until };
    let runs = deliveries::claim(&tx, &ready[0], &ask).await.unwrap();
    tx.commit().await.unwrap();
    runs.concat()
}

pub async fn what_is_being_parked_when_its_endpoint_is_enabled_stays_in_line(story: Story) {
    let endpoint = active(&story).await;
    in_line(&story, endpoint.id, 1).await;
    step(&story, endpoint.id, EndpointStep::Disable).await;
    let park = async || {
        let [claimed] = &claimed(&story, 1).await[..] else { panic!("one is in line") };
        Ended {
            operation: story.operation(),
            claimed: claimed.clone(),
            settlement: Settlement::Parked { error: "The endpoint is not active.".to_owned() },
            verdict: Verdict::Unknown,
            dice: 0.0,
            links: Vec::new(),
            attempt: None,
        }
    };
    let settled = async |ended: Ended| {
        settle(&story.worker.stores, &story.worker.sealer, story.workspace, &[ended]).await.unwrap();
        (story.pending().await, story.dead_letters().await.len())
    };
    // An attempt finds the endpoint disabled; it is enabled before that is written down.
    let late = park().await;
    step(&story, endpoint.id, EndpointStep::Enable).await;
    assert_eq!(settled(late).await, (1, 0));
    step(&story, endpoint.id, EndpointStep::Disable).await;
    assert_eq!(settled(park().await).await, (0, 1), "while it is disabled it is parked");
    step(&story, endpoint.id, EndpointStep::Enable).await;
    assert_eq!((story.pending().await, story.dead_letters().await.len()), (1, 0));
}

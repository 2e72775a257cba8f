//! Webhook endpoints, without anybody who listens: what is in line for them, and what people change meanwhile.

use std::collections::BTreeMap;

use commands::Outcome;
use commands::webhooks::{
    ChangeEndpoint, CreateEndpoint, EndpointStep, NewSecret, UpdateEndpoint, change_endpoint, create_endpoint,
    update_endpoint,
};
use domain::ids::{EndpointId, EventId};
use domain::integrations::{Delivery, DeliveryState, Job};
use domain::webhooks::endpoint::{
    AddressPolicy, Endpoint, EndpointFilter, EndpointSettings, EndpointStatus, SignatureScheme, lifecycle,
};
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

//! Tells endpoints of events, as signed webhooks; asks them for their challenge; sends them test messages.
//!
//! Each attempt is kept for the endpoint's owner, in the transaction that settles the delivery. One whose process dies
//! before that is made twice: receivers deduplicate by `webhook-id`, which is the event's id.

use chrono::TimeDelta;
use commands::webhooks::MadeAttempt;
use domain::events::{self, Event};
use domain::ids::{EndpointId, EventId, ReplayId};
use domain::webhooks::endpoint::sender::Exchange;
use domain::webhooks::endpoint::{
    Attempt, DeliveryHours, Endpoint, EndpointSecrets, EndpointStatus, Judgement, MessageKind, Outgoing, echoes, judge,
};
use domain::webhooks::replay::ReplayState;
use persistence::deliveries::ClaimedDelivery;
use persistence::webhooks::find_replay;
use serde_json::json;

use super::Answer;
use crate::material::Material;
use crate::{Worker, measures};

/// How long what a paused replay has in line sleeps before it looks whether it may go on.
const PAUSE_LOOKED_AT_EVERY: TimeDelta = TimeDelta::seconds(5);

/// Tells an endpoint of an event.
pub(super) async fn tell(
    worker: &Worker,
    material: &Material,
    claimed: &ClaimedDelivery,
    (endpoint, event): (EndpointId, EventId),
    replay: Option<ReplayId>,
) -> Result<MadeAttempt, Answer> {
    if let Some(replay) = replay {
        still_wanted(worker, claimed, replay).await?;
    }
    let (endpoint, secrets) = material.endpoint(worker, claimed.workspace, endpoint).await?;
    if endpoint.status != EndpointStatus::Active {
        return Err(Answer::Park { reason: "The endpoint is not active.".to_owned() });
    }
    if let Some(hours) = &endpoint.hours {
        let (now, until) = (worker.edge.now(), hours.opens_at(worker.edge.now()));
        if until > now {
            return Err(Answer::Wait { until, reason: DeliveryHours::CLOSED.to_owned() });
        }
    }
    let event = material.event(worker, claimed, event).await?;
    let mut message = signed(worker, endpoint, secrets, (&event, &events::envelope(&event)))?;
    message.mark_replay(replay);
    let exchange = worker.connectors.webhooks().send(&message).await;
    let judgement = judge(&exchange);
    if judgement == Judgement::Delivered && replay.is_none() {
        measures::told(&event, worker.edge.now());
    }
    let attempt = attempt(worker, claimed, (MessageKind::Event, &event), &message, &exchange, &judgement);
    Ok(MadeAttempt { attempt, url: endpoint.url.clone(), judgement })
}

/// What an attempt to tell of an event means for its delivery.
pub(super) fn answer_to(judgement: &Judgement) -> Answer {
    match judgement.clone() {
        Judgement::Delivered => Answer::Done(Vec::new()),
        Judgement::Later { after, reason } => Answer::Retry { after, reason },
        Judgement::Gone => Answer::Refused { reason: "The endpoint answered 410 Gone and was disabled.".to_owned() },
    }
}

/// What a replay has in line waits while it is paused, and is let go when it was cancelled.
async fn still_wanted(worker: &Worker, claimed: &ClaimedDelivery, id: ReplayId) -> Result<(), Answer> {
    let reader = worker.stores.database.reader(claimed.workspace);
    match find_replay(&reader, id).await?.map(|replay| replay.state) {
        Some(ReplayState::Running | ReplayState::Done) => Ok(()),
        Some(ReplayState::Paused) => {
            let until = worker.edge.now() + PAUSE_LOOKED_AT_EVERY;
            Err(Answer::Wait { until, reason: "The replay is paused.".to_owned() })
        }
        Some(ReplayState::Cancelled) | None => Err(Answer::Drop { reason: "The replay was cancelled.".to_owned() }),
    }
}

/// Sends an endpoint its challenge or a test message, once: whoever asked for it sees in the log how it went.
pub(super) async fn try_once(
    worker: &Worker,
    material: &Material,
    claimed: &ClaimedDelivery,
    (endpoint, event): (EndpointId, EventId),
    kind: MessageKind,
) -> Result<MadeAttempt, Answer> {
    let (endpoint, secrets) = material.endpoint(worker, claimed.workspace, endpoint).await?;
    let event = material.event(worker, claimed, event).await?;
    let challenge = secrets.signing(worker.edge.now()).map_err(|_| unusable())?;
    let challenge = challenge.first().ok_or_else(unusable)?.challenge(&event.id.to_string());
    let envelope = match kind {
        MessageKind::Verification => events::message(&event, "endpoint.verification", &json!({"challenge": challenge})),
        MessageKind::Test | MessageKind::Event => {
            events::message(&event, "endpoint.test", &json!({"endpoint": endpoint.id}))
        }
    };
    let message = signed(worker, endpoint, secrets, (&event, &envelope))?;
    let exchange = worker.connectors.webhooks().send(&message).await;
    let mut judgement = judge(&exchange);
    if kind == MessageKind::Verification
        && judgement == Judgement::Delivered
        && !exchange.ended.as_ref().is_ok_and(|reply| echoes(&reply.body, &challenge))
    {
        let reason = "The endpoint did not repeat the challenge.".to_owned();
        judgement = Judgement::Later { after: None, reason };
    }
    let attempt = attempt(worker, claimed, (kind, &event), &message, &exchange, &judgement);
    Ok(MadeAttempt { attempt, url: endpoint.url.clone(), judgement })
}

fn signed(
    worker: &Worker,
    endpoint: &Endpoint,
    secrets: &EndpointSecrets,
    (event, body): (&Event, &serde_json::Value),
) -> Result<Outgoing, Answer> {
    let (id, body) = (event.id.to_string(), body.to_string().into_bytes());
    Outgoing::sign(endpoint, secrets, &id, body, worker.edge.now()).map_err(|_| unusable())
}

fn attempt(
    worker: &Worker,
    claimed: &ClaimedDelivery,
    (kind, event): (MessageKind, &Event),
    message: &Outgoing,
    exchange: &Exchange,
    judgement: &Judgement,
) -> Attempt {
    let reply = exchange.ended.as_ref().ok();
    let duration = TimeDelta::from_std(exchange.duration).unwrap_or_default();
    Attempt {
        id: worker.edge.new_id(),
        endpoint: message.endpoint,
        delivery: claimed.delivery.id,
        event: event.id,
        kind,
        started_at: worker.edge.now() - duration,
        duration_milliseconds: duration.num_milliseconds(),
        delivered: *judgement == Judgement::Delivered,
        status: reply.map(|reply| reply.status.into()),
        error: match judgement {
            Judgement::Delivered => None,
            Judgement::Later { reason, .. } => Some(reason.clone()),
            Judgement::Gone => Some("The endpoint answered HTTP 410.".to_owned()),
        },
        request_headers: message.shown_headers(),
        request_body: message.shown_body(),
        response_body: reply.map(|reply| reply.excerpt.clone()).filter(|body| !body.is_empty()),
    }
}

fn unusable() -> Answer {
    Answer::GiveUp { reason: "The endpoint's secret cannot be used; rotate it.".to_owned() }
}

//! One attempt: made within a time limit, and what becomes of its delivery.

use std::panic::AssertUnwindSafe;

use commands::integrations::Ended;
use domain::integrations::{Job, Verdict};
use futures_util::FutureExt;
use persistence::deliveries::{ClaimedDelivery, Settlement};
use tracing::Span;

use crate::deliveries::{Answer, Outcome, deliver};
use crate::material::Material;
use crate::settlement::{Circumstances, settlement, verdict};
use crate::{Worker, measures};

/// What everything that is said about the attempt is said in.
pub(super) fn span(claimed: &ClaimedDelivery) -> Span {
    let delivery = &claimed.delivery;
    tracing::info_span!(
        "delivery",
        delivery.id = %delivery.id,
        delivery.job = name(&delivery.job),
        correlation.id = %delivery.correlation,
        workspace.id = %claimed.workspace,
        attempt = delivery.attempts + 1,
    )
}

/// Makes one attempt.
pub(super) async fn make(worker: &Worker, material: &Material, claimed: &ClaimedDelivery) -> Ended {
    if let Some(moment) = claimed.not_before {
        // At most as long as moments are given away ahead.
        tokio::time::sleep((moment - worker.edge.now()).to_std().unwrap_or_default()).await;
    }
    let Outcome { answer, attempt } = answer(worker, material, claimed).await;
    let operation = worker.edge.system(claimed.workspace, claimed.delivery.correlation.clone());
    let settlement = settlement(
        &answer,
        &Circumstances {
            attempts: claimed.delivery.attempts,
            now: operation.now,
            dice: (worker.dice)(),
            config: &worker.config,
        },
    );
    let verdict = verdict(&answer, attempt.as_ref().map(|made| &made.judgement));
    let links = if let Answer::Done(links) = answer { links } else { Vec::new() };
    let (claimed, dice) = (claimed.clone(), (worker.dice)());
    Ended { operation, claimed, settlement, verdict, dice, links, attempt }
}

/// One whose turn did not come.
pub(super) fn leave(worker: &Worker, claimed: &ClaimedDelivery) -> Ended {
    Ended {
        operation: worker.edge.system(claimed.workspace, claimed.delivery.correlation.clone()),
        claimed: claimed.clone(),
        settlement: Settlement::Untouched,
        verdict: Verdict::Unknown,
        dice: 0.0,
        links: Vec::new(),
        attempt: None,
    }
}

/// It was settled.
pub(super) fn tell(worker: &Worker, ended: &Ended) {
    measures::ended(ended, worker.edge.now());
    span(&ended.claimed).in_scope(|| log(&ended.settlement));
}

/// What the attempt led to. A panic is a defect of ours; it counts as an attempt, so that it cannot go on for ever.
async fn answer(worker: &Worker, material: &Material, claimed: &ClaimedDelivery) -> Outcome {
    if claimed.delivery.attempts >= worker.config.attempts_max {
        return Answer::GiveUp { reason: "Every attempt ended with the end of its process.".to_owned() }.into();
    }
    let limit = worker.config.attempt_timeout;
    let work = AssertUnwindSafe(deliver(worker, material, claimed)).catch_unwind();
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Answer::OurFault { reason: "The attempt ended in a defect of Meridian's.".to_owned() }.into(),
        Err(_) => {
            let reason = format!("The attempt took longer than {} s.", limit.as_secs_f64());
            Answer::Retry { after: None, reason }.into()
        }
    }
}

/// The one line per attempt. The texts of dead letters stay in the store: they may quote what a provider answered.
fn log(settlement: &Settlement) {
    match settlement {
        Settlement::Done => tracing::info!(outcome = "done", "a delivery was made"),
        Settlement::Retry { at, error } => {
            tracing::warn!(outcome = "retry", retry.at = %at, reason = error, "a delivery will be tried again");
        }
        Settlement::Wait { until, reason } => {
            tracing::debug!(outcome = "wait", wait.until = %until, reason, "a delivery waits for its time");
        }
        Settlement::Discarded { reason } => {
            tracing::info!(outcome = "discarded", reason, "a delivery is not wanted any more");
        }
        Settlement::Dead { .. } => tracing::error!(outcome = "dead", "a delivery became a dead letter"),
        Settlement::Parked { error } => {
            tracing::warn!(outcome = "parked", reason = error, "a delivery waits for people");
        }
        Settlement::Untouched => {}
    }
}

fn name(job: &Job) -> &'static str {
    match job {
        Job::RunPipeline { .. } => "run_pipeline",
        Job::SyncContact { .. } => "sync_contact",
        Job::SyncTask { .. } => "sync_task",
        Job::SyncMeeting { .. } => "sync_meeting",
        Job::SendWebhook { .. } => "send_webhook",
        Job::TryWebhook { .. } => "try_webhook",
        Job::Unreadable { .. } => "unreadable",
    }
}

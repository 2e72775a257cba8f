//! One attempt: made under a lease and a time limit, settled once.

use std::panic::AssertUnwindSafe;

use commands::integrations::Ended;
use commands::{Failure, integrations};
use domain::integrations::{EntityLink, Job};
use futures_util::FutureExt;
use persistence::deliveries::{ClaimedDelivery, Settlement};
use tracing::Instrument;

use super::{Held, lease};
use crate::deliveries::{Answer, deliver};
use crate::settlement::{Circumstances, settlement, verdict};
use crate::{Worker, measures};

/// Makes one attempt and settles it, or abandons it when the lease is lost: then it is somebody else's.
pub(super) async fn make(worker: Worker, held: Held) {
    let delivery = &held.claimed.delivery;
    let span = tracing::info_span!(
        "delivery",
        delivery.id = %delivery.id,
        delivery.job = name(&delivery.job),
        correlation.id = %delivery.correlation,
        workspace.id = %held.claimed.workspace,
        attempt = delivery.attempts + 1,
    );
    let attempt = async {
        tokio::select! {
            () = answer_and_settle(&worker, &held.claimed) => {}
            () = lease::lost(&worker, &held) => {
                tracing::warn!(outcome = "abandoned", "the lease of a delivery was lost; its successor makes it");
            }
        }
    };
    // Boxed: the whole of a delivery would otherwise lie in every future that holds one.
    Box::pin(attempt.instrument(span)).await;
}

async fn answer_and_settle(worker: &Worker, claimed: &ClaimedDelivery) {
    if let Some(moment) = claimed.not_before {
        // At most as long as moments are given away ahead.
        tokio::time::sleep((moment - worker.edge.now()).to_std().unwrap_or_default()).await;
    }
    let answer = answer(worker, claimed).await;
    let settlement = settlement(
        &answer,
        &Circumstances {
            attempts: claimed.delivery.attempts,
            now: worker.edge.now(),
            dice: (worker.dice)(),
            config: &worker.config,
        },
    );
    let receipt = match &answer {
        Answer::Done(links) => Some(links.as_slice()),
        _ => None,
    };
    let ended = Ended { settlement, verdict: verdict(&answer), dice: (worker.dice)() };
    if let Some(settled) = settle(worker, claimed, ended, receipt).await {
        measures::ended(claimed, &settled, worker.edge.now());
        log(&settled);
    }
}

/// What the attempt led to. A panic is a defect of ours; it counts as an attempt, so that it cannot go on for ever.
async fn answer(worker: &Worker, claimed: &ClaimedDelivery) -> Answer {
    if claimed.delivery.attempts >= worker.config.attempts_max {
        return Answer::GiveUp { reason: "Every attempt ended with the end of its process.".to_owned() };
    }
    let limit = worker.config.attempt_timeout;
    let work = AssertUnwindSafe(deliver(worker, claimed)).catch_unwind();
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Answer::OurFault { reason: "The attempt ended in a defect of Meridian's.".to_owned() },
        Err(_) => {
            let reason = format!("The attempt took longer than {} s.", limit.as_secs_f64());
            Answer::Retry { after: None, reason }
        }
    }
}

/// Writes how it ended. A store that is away is waited for as long as the lease holds, because what the destination
/// told us (a receipt, a time to wait) would be lost with it. A receipt that cannot be written makes a dead letter.
async fn settle(
    worker: &Worker,
    claimed: &ClaimedDelivery,
    mut ended: Ended,
    mut receipt: Option<&[EntityLink]>,
) -> Option<Settlement> {
    loop {
        let operation = worker.edge.system(claimed.workspace, claimed.delivery.correlation.clone());
        let written = match receipt {
            Some(links) => integrations::record_receipt(&worker.stores, &operation, claimed, &ended, links).await,
            None => integrations::settle(&worker.stores, &operation, claimed, &ended).await,
        };
        match written {
            Ok(true) => return Some(ended.settlement),
            Ok(false) => {
                tracing::warn!("the lease of a delivery was lost; its end is the successor's to write");
                return None;
            }
            Err(Failure::Store(error)) if error.is_transient() => tokio::time::sleep(worker.config.poll).await,
            Err(failure) => {
                tracing::error!(error = %failure, "the end of a delivery could not be written");
                receipt.take()?;
                ended.settlement = Settlement::Dead { error: "Made, but the receipt could not be written.".to_owned() };
            }
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

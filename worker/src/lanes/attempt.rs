//! Attempts: each made under a lease and a time limit, settled once.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use commands::integrations::Ended;
use domain::integrations::Job;
use futures_util::FutureExt;
use persistence::deliveries::{ClaimedDelivery, Settled, Settlement};
use tokio::time::Instant;
use tracing::Instrument;

use super::{Held, Shared, lease};
use crate::deliveries::{Answer, Outcome, deliver};
use crate::reads::Reads;
use crate::settlement::{Circumstances, settlement, verdict};
use crate::{Worker, measures};

/// Deliveries of one lane that are made one after the other, before others in line have their turn.
const RUN_MAX: usize = 32;
/// How long that may go on.
const RUN_TIME: Duration = Duration::from_millis(250);

/// Makes an attempt and settles it, and goes on with the next of the lane, for a while: finding it anew would cost a
/// claim, and those who wait for it a round. How many attempts there were.
pub(super) async fn make(worker: Worker, shared: Shared, mut held: Held) -> usize {
    let began_at = Instant::now();
    let mut made = 1;
    loop {
        let may_go_on = made < RUN_MAX && began_at.elapsed() < RUN_TIME;
        match make_one(&worker, &shared, &held, may_go_on).await {
            Some((claimed, until)) => held = Held { claimed, until, ..held },
            None => return made,
        }
        made += 1;
    }
}

/// One attempt; or it is abandoned when the lease is lost: then it is somebody else's. The next of the lane, if it is to
/// be gone on with, and how long it is ours.
async fn make_one(
    worker: &Worker,
    shared: &Shared,
    held: &Held,
    may_go_on: bool,
) -> Option<(ClaimedDelivery, Instant)> {
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
            next = answer_and_settle(worker, shared, &held.claimed, may_go_on) => next,
            () = lease::lost(worker, held) => {
                tracing::warn!(outcome = "abandoned", "the lease of a delivery was lost; its successor makes it");
                None
            }
        }
    };
    // Boxed: the whole of a delivery would otherwise lie in every future that holds one.
    Box::pin(attempt.instrument(span)).await
}

async fn answer_and_settle(
    worker: &Worker,
    shared: &Shared,
    claimed: &ClaimedDelivery,
    may_go_on: bool,
) -> Option<(ClaimedDelivery, Instant)> {
    if let Some(moment) = claimed.not_before {
        // At most as long as moments are given away ahead.
        tokio::time::sleep((moment - worker.edge.now()).to_std().unwrap_or_default()).await;
    }
    let Outcome { answer, attempt } = answer(worker, &shared.reads, claimed).await;
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
    let verdict = verdict(&answer);
    let links = if let Answer::Done(links) = answer { links } else { Vec::new() };
    let (until, dice) = (Instant::now() + worker.config.lease, (worker.dice)());
    // A destination with a rate gives each its moment, and what a replay sends waits behind everybody.
    let is_in_line = claimed.not_before.is_some() || claimed.delivery.job.replay().is_some();
    let goes_on = may_go_on && !is_in_line && matches!(settlement, Settlement::Done);
    let goes_on = goes_on.then(|| operation.now + worker.config.lease);
    let ended = Ended { operation, claimed: claimed.clone(), settlement, verdict, dice, links, attempt, goes_on };
    let (ended, settled) = shared.endings.settle(worker, ended).await?;
    if matches!(settled, Settled::Lost) {
        tracing::warn!("the lease of a delivery was lost; its end is the successor's to write");
        return None;
    }
    measures::ended(&ended.claimed, &ended.settlement, worker.edge.now());
    log(&ended.settlement);
    if let Settled::GoesOn(next) = settled { Some((*next, until)) } else { None }
}

/// What the attempt led to. A panic is a defect of ours; it counts as an attempt, so that it cannot go on for ever.
async fn answer(worker: &Worker, reads: &Reads, claimed: &ClaimedDelivery) -> Outcome {
    if claimed.delivery.attempts >= worker.config.attempts_max {
        return Answer::GiveUp { reason: "Every attempt ended with the end of its process.".to_owned() }.into();
    }
    let limit = worker.config.attempt_timeout;
    let work = AssertUnwindSafe(deliver(worker, reads, claimed)).catch_unwind();
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

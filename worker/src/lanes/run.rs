//! A run: deliveries of one lane, made one after the other under one lease, and settled together.
//!
//! Finding each anew would cost a claim and a settlement each, and those behind it a round of both. The first that does
//! not end well ends the run, and so does its time; those whose turn did not come are as if they had not been claimed.
//! What dies with its process before the run is settled is made twice, as it would be alone.

use std::time::Duration;

use commands::integrations::Ended;
use domain::integrations::Verdict;
use persistence::deliveries::Settlement;
use tokio::time::Instant;
use tracing::Instrument;

use super::{Held, Shared, attempt, lease};
use crate::Worker;
use crate::material::Material;

/// How long a run goes on: others in line want their turn, and who dies in it leaves much to be made twice.
const TIME: Duration = Duration::from_millis(250);

/// Makes a run and settles it, or abandons it when the lease is lost: then it is somebody else's. How many attempts
/// there were.
pub(super) async fn make(worker: Worker, shared: Shared, held: Held) -> usize {
    let run = async {
        tokio::select! {
            made = make_and_settle(&worker, &shared, &held) => made,
            () = lease::lost(&worker, &held) => {
                let abandoned = || tracing::warn!(outcome = "abandoned", "a lease was lost; its successor makes it");
                held.run.iter().for_each(|claimed| attempt::span(claimed).in_scope(abandoned));
                0
            }
        }
    };
    // Boxed: the whole of a delivery would otherwise lie in every future that holds one.
    Box::pin(run).await
}

async fn make_and_settle(worker: &Worker, shared: &Shared, held: &Held) -> usize {
    let began_at = Instant::now();
    let material = Material::of(&shared.reads, &held.run);
    let mut ended: Vec<Ended> = Vec::with_capacity(held.run.len());
    let mut goes_on = true;
    for claimed in &held.run {
        if !goes_on {
            ended.push(attempt::leave(worker, claimed));
            continue;
        }
        let one = Box::pin(attempt::make(worker, &material, claimed).instrument(attempt::span(claimed))).await;
        let is_well = matches!(one.settlement, Settlement::Done) && one.verdict == Verdict::Works;
        goes_on = is_well && began_at.elapsed() < TIME;
        ended.push(one);
    }
    let made = ended.iter().filter(|ended| !matches!(ended.settlement, Settlement::Untouched)).count();
    for ended in shared.endings.settle(worker, ended).await.unwrap_or_default() {
        attempt::tell(worker, &ended);
    }
    made
}

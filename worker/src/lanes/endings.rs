//! The ends of attempts, written together.

use std::collections::BTreeMap;

use commands::integrations::{Ended, settle};
use domain::ids::{EndpointId, WorkspaceId};
use persistence::deliveries::Settlement;

use crate::Worker;
use crate::together::Together;

/// Where runs that end meet. Clones are the same place.
#[derive(Clone, Default)]
pub(super) struct Endings {
    place: Together<Vec<Ended>, Written>,
}

/// Whether the end of a run was written.
#[derive(Clone, Copy)]
enum Written {
    Yes,
    /// The lease was lost: it is the successor's to write.
    Lost,
    /// The store is away, or busy.
    NotNow,
    /// The store refuses it as it is.
    Never,
}

impl Endings {
    /// Writes how the attempts of a run ended, and returns what was written; `None` when the lease was lost. A store
    /// that is away is waited for as long as the lease holds, because what the destination told us (a receipt, a time to
    /// wait) would be lost with it. What cannot be written as it is is written with less: a message that was taken must
    /// not be sent again for want of its log, and a receipt that cannot be noted makes a dead letter.
    pub(super) async fn settle(&self, worker: &Worker, mut run: Vec<Ended>) -> Option<Vec<Ended>> {
        loop {
            let writer = worker.clone();
            let written = self.place.ask(run.clone(), move |runs| write_all(writer.clone(), runs)).await;
            match written {
                Some(Written::Yes) => return Some(run),
                Some(Written::Lost) => {
                    tracing::warn!("a lease was lost; how its deliveries ended is the successor's to write");
                    return None;
                }
                Some(Written::NotNow) | None => tokio::time::sleep(worker.config.poll).await,
                Some(Written::Never) => run = with_less(run)?,
            }
        }
    }
}

fn with_less(run: Vec<Ended>) -> Option<Vec<Ended>> {
    if run.iter().any(|ended| ended.attempt.is_some()) {
        return Some(run.into_iter().map(|ended| Ended { attempt: None, ..ended }).collect());
    }
    if run.iter().all(|ended| ended.links.is_empty()) {
        return None;
    }
    let unnoted = |ended: Ended| {
        if ended.links.is_empty() {
            return ended;
        }
        let settlement = Settlement::Dead { error: "Made, but the receipt could not be written.".to_owned() };
        Ended { settlement, links: Vec::new(), ..ended }
    };
    Some(run.into_iter().map(unnoted).collect())
}

/// One transaction for each workspace, and for each endpoint that proved itself; if it fails for good, one for each run,
/// because only one may be to blame.
async fn write_all(worker: Worker, runs: Vec<Vec<Ended>>) -> Vec<Written> {
    let mut together: BTreeMap<(WorkspaceId, Option<EndpointId>), Vec<usize>> = BTreeMap::new();
    for (at, run) in runs.iter().enumerate() {
        let verified = run.iter().find_map(Ended::verifies);
        together.entry((run[0].claimed.workspace, verified)).or_default().push(at);
    }
    let mut written = vec![Written::NotNow; runs.len()];
    for ((workspace, _), places) in together {
        let some: Vec<&[Ended]> = places.iter().map(|at| runs[*at].as_slice()).collect();
        let mut results = write(&worker, workspace, &some).await;
        if some.len() > 1 && results.iter().any(|written| matches!(written, Written::Never)) {
            results.clear();
            for one in some {
                results.extend(write(&worker, workspace, &[one]).await);
            }
        }
        for (at, result) in places.into_iter().zip(results) {
            written[at] = result;
        }
    }
    written
}

/// Runs of one workspace. What belongs to one run has one claim, so that it is lost as a whole or not at all.
async fn write(worker: &Worker, workspace: WorkspaceId, runs: &[&[Ended]]) -> Vec<Written> {
    match settle(&worker.stores, &worker.sealer, workspace, &runs.concat()).await {
        Ok(settled) => {
            let first = |at: usize| settled[runs[..at].iter().map(|run| run.len()).sum::<usize>()];
            (0..runs.len()).map(|at| if first(at) { Written::Yes } else { Written::Lost }).collect()
        }
        Err(error) if error.is_transient() => vec![Written::NotNow; runs.len()],
        Err(error) => {
            tracing::error!(%error, runs = runs.len(), "the ends of deliveries could not be written");
            vec![Written::Never; runs.len()]
        }
    }
}

//! The ends of attempts, written together.

use std::collections::BTreeMap;

use commands::integrations::{Ended, settle};
use domain::ids::WorkspaceId;
use persistence::deliveries::{Settled, Settlement};

use crate::Worker;
use crate::together::Together;

/// Where attempts that end meet. Clones are the same place.
#[derive(Clone, Default)]
pub(super) struct Endings {
    place: Together<Ended, Written>,
}

/// Whether an end was written.
#[derive(Clone)]
enum Written {
    /// It was, or the lease was lost: then it is the successor's to write.
    Yes(Settled),
    /// The store is away, or busy.
    NotNow,
    /// The store refuses it as it is.
    Never,
}

impl Endings {
    /// Writes how an attempt ended, and returns what was written, and what came of it. A store that is away
    /// is waited for as long as the lease holds, because what the destination told us (a receipt, a time to wait) would
    /// be lost with it. What cannot be written as it is is written with less: a message that was taken must not be sent
    /// again for want of its log, and a receipt that cannot be noted makes a dead letter.
    pub(super) async fn settle(&self, worker: &Worker, mut ended: Ended) -> Option<(Ended, Settled)> {
        loop {
            let writer = worker.clone();
            let written = self.place.ask(ended.clone(), move |ended| write_all(writer.clone(), ended)).await;
            match written {
                Some(Written::Yes(settled)) => return Some((ended, settled)),
                Some(Written::NotNow) | None => tokio::time::sleep(worker.config.poll).await,
                Some(Written::Never) => ended = with_less(ended)?,
            }
        }
    }
}

fn with_less(ended: Ended) -> Option<Ended> {
    if ended.attempt.is_some() {
        return Some(Ended { attempt: None, ..ended });
    }
    if ended.links.is_empty() {
        return None;
    }
    let settlement = Settlement::Dead { error: "Made, but the receipt could not be written.".to_owned() };
    Some(Ended { settlement, links: Vec::new(), ..ended })
}

/// One transaction for each workspace; if it fails for good, one for each end, because only one may be to blame.
async fn write_all(worker: Worker, ended: Vec<Ended>) -> Vec<Written> {
    let mut by_workspace: BTreeMap<WorkspaceId, Vec<usize>> = BTreeMap::new();
    for (at, ended) in ended.iter().enumerate() {
        by_workspace.entry(ended.claimed.workspace).or_default().push(at);
    }
    let mut written = vec![Written::NotNow; ended.len()];
    for (workspace, places) in by_workspace {
        let some: Vec<Ended> = places.iter().map(|at| ended[*at].clone()).collect();
        let mut results = write(&worker, workspace, &some).await;
        if some.len() > 1 && results.iter().any(|written| matches!(written, Written::Never)) {
            results.clear();
            for one in &some {
                results.extend(write(&worker, workspace, std::slice::from_ref(one)).await);
            }
        }
        for (at, result) in places.into_iter().zip(results) {
            written[at] = result;
        }
    }
    written
}

async fn write(worker: &Worker, workspace: WorkspaceId, ended: &[Ended]) -> Vec<Written> {
    match settle(&worker.stores, &worker.sealer, workspace, ended).await {
        Ok(settled) => settled.into_iter().map(Written::Yes).collect(),
        Err(error) if error.is_transient() => vec![Written::NotNow; ended.len()],
        Err(error) => {
            tracing::error!(%error, ends = ended.len(), "the ends of deliveries could not be written");
            vec![Written::Never; ended.len()]
        }
    }
}

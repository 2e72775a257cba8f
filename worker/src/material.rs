//! What the deliveries of a run are made from, read once for all of them.
//!
//! A run is short: who changes an endpoint finds the change obeyed as soon as if a message had been on its way.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::events::{Entry, Event};
use domain::ids::{EndpointId, EventId, WorkspaceId};
use domain::integrations::Job;
use domain::webhooks::endpoint::{Endpoint, EndpointSecrets};
use futures_util::future::join_all;
use persistence::deliveries::ClaimedDelivery;
use tokio::sync::OnceCell;

use crate::Worker;
use crate::deliveries::{Answer, unreadable};
use crate::reads::Reads;

/// What a run is made from. A run leads to one destination.
pub(crate) struct Material {
    reads: Reads,
    told: Vec<EventId>,
    endpoint: OnceCell<(Endpoint, EndpointSecrets)>,
    events: OnceCell<BTreeMap<EventId, Entry>>,
}

impl Material {
    /// Nothing is read before it is asked for.
    pub(crate) fn of(reads: &Reads, run: &[ClaimedDelivery]) -> Self {
        Self {
            reads: reads.clone(),
            told: run.iter().filter_map(|claimed| event_of(&claimed.delivery.job)).collect(),
            endpoint: OnceCell::new(),
            events: OnceCell::new(),
        }
    }

    /// The run's endpoint, with its secrets.
    pub(crate) async fn endpoint(
        &self,
        worker: &Worker,
        workspace: WorkspaceId,
        id: EndpointId,
    ) -> Result<&(Endpoint, EndpointSecrets), Answer> {
        self.endpoint.get_or_try_init(|| self.reads.endpoint(worker, workspace, id)).await
    }

    /// The event of one of the run's deliveries.
    pub(crate) async fn event(
        &self,
        worker: &Worker,
        claimed: &ClaimedDelivery,
        id: EventId,
    ) -> Result<Arc<Event>, Answer> {
        let workspace = claimed.workspace;
        let read = async || {
            let events = self.told.iter().map(|id| self.reads.event(worker, workspace, *id));
            join_all(events).await.into_iter().flatten().map(|event| (event.id(), event)).collect()
        };
        let entry = match self.events.get_or_init(read).await.get(&id) {
            Some(entry) => entry.clone(),
            // Why not, is to be told by its own delivery.
            None => self.reads.event(worker, workspace, id).await?,
        };
        match entry {
            Entry::Event(event) => Ok(event),
            Entry::Opaque(_) => Err(unreadable(claimed.delivery.created_at, worker.edge.now())),
        }
    }
}

fn event_of(job: &Job) -> Option<EventId> {
    match job {
        Job::SendWebhook { event, .. } | Job::TryWebhook { event, .. } => Some(*event),
        _ => None,
    }
}

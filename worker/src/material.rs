//! What the deliveries of a run are made from, read once for all of them.
//!
//! A run is short: who changes an endpoint finds the change obeyed as soon as if a message had been on its way.

use std::collections::BTreeMap;

use domain::events::Event;
use domain::ids::{EndpointId, WorkspaceId};
use domain::webhooks::endpoint::{Endpoint, EndpointSecrets};
use futures_util::future::join_all;
use persistence::deliveries::ClaimedDelivery;
use tokio::sync::OnceCell;

use crate::Worker;
use crate::deliveries::Answer;
use crate::reads::Reads;

/// What a run is made from. A run leads to one destination.
pub(crate) struct Material {
    reads: Reads,
    positions: Vec<i64>,
    endpoint: OnceCell<(Endpoint, EndpointSecrets)>,
    events: OnceCell<BTreeMap<i64, Event>>,
}

impl Material {
    /// Nothing is read before it is asked for.
    pub(crate) fn of(reads: &Reads, run: &[ClaimedDelivery]) -> Self {
        Self {
            reads: reads.clone(),
            positions: run.iter().map(|claimed| claimed.delivery.position).collect(),
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

    /// The event at a position.
    pub(crate) async fn event(&self, worker: &Worker, workspace: WorkspaceId, position: i64) -> Result<Event, Answer> {
        let read = async || {
            let events = self.positions.iter().map(|position| self.reads.event(worker, workspace, *position));
            let found = join_all(events).await.into_iter().flatten();
            found.map(|event| (event.position, event)).collect()
        };
        match self.events.get_or_init(read).await.get(&position) {
            Some(event) => Ok(event.clone()),
            // Why not, is to be told by its own delivery.
            None => self.reads.event(worker, workspace, position).await,
        }
    }
}

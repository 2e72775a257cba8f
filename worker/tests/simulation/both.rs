//! A real store beside the model: whatever is asked of both, both answer the same.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::WorkspaceId;
use domain::integrations::OnDeath;
use persistence::deliveries::ReadyDestination;

use crate::model::Model;
use crate::real::Real;
use crate::store::{Claimed, Delivery, End, Snapshot, Store};

pub struct Both {
    model: Model,
    real: Real,
}

impl Both {
    pub fn new(real: Real) -> Self {
        Self { model: Model::default(), real }
    }
}

/// Asks both and compares.
macro_rules! both {
    ($self:ident.$ask:ident($($with:expr),*)) => {{
        let (expected, told) = ($self.model.$ask($($with),*).await, $self.real.$ask($($with),*).await);
        assert_eq!(told, expected, concat!("`", stringify!($ask), "` differs from the model"));
        expected
    }};
}

#[async_trait(?Send)]
impl Store for Both {
    async fn enqueue(&mut self, deliveries: &[Delivery]) {
        both!(self.enqueue(deliveries));
    }

    async fn wake(&mut self, now: DateTime<Utc>) {
        both!(self.wake(now));
    }

    async fn ready(&mut self, now: DateTime<Utc>) -> Vec<ReadyDestination> {
        both!(self.ready(now))
    }

    async fn claim(
        &mut self,
        destination: &ReadyDestination,
        limit: usize,
        token: u128,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<Vec<Claimed>> {
        both!(self.claim(destination, limit, token, now, until))
    }

    async fn settle(&mut self, ends: &[End], now: DateTime<Utc>) -> Vec<bool> {
        both!(self.settle(ends, now))
    }

    async fn prolong(&mut self, claimed: &Claimed, until: DateTime<Utc>) -> bool {
        both!(self.prolong(claimed, until))
    }

    async fn revive(&mut self, id: u128, now: DateTime<Utc>) -> bool {
        both!(self.revive(id, now))
    }

    async fn discard(&mut self, id: u128, now: DateTime<Utc>) -> bool {
        both!(self.discard(id, now))
    }

    async fn set_on_death(&mut self, workspace: WorkspaceId, destination: &str, on_death: OnDeath) {
        both!(self.set_on_death(workspace, destination, on_death));
    }

    async fn snapshot(&mut self) -> Snapshot {
        both!(self.snapshot())
    }
}

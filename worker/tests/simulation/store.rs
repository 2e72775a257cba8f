//! What the lanes ask of a store, and what is kept there.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::WorkspaceId;
use domain::integrations::{DeliveryState, OnDeath, Trial, Verdict};
use persistence::deliveries::{ReadyDestination, Settlement};

/// A lane, by what it is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LaneKey {
    pub workspace: WorkspaceId,
    pub destination: String,
    pub lane: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub id: u128,
    pub key: LaneKey,
    pub position: i64,
    pub state: DeliveryState,
    pub attempts: i32,
    pub next_attempt_at: DateTime<Utc>,
}

/// A delivery as it was when a worker claimed it, and the claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    pub delivery: Delivery,
    pub token: u128,
    pub on_death: OnDeath,
    pub trial: Option<Trial>,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct End {
    pub claimed: Claimed,
    pub settlement: Settlement,
    pub verdict: Verdict,
    pub dice: f64,
}

/// Everything there is: the lanes, with whether each is blocked, and the deliveries.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub lanes: BTreeMap<LaneKey, bool>,
    pub deliveries: BTreeMap<u128, Delivery>,
}

/// Deliveries of a lane that are claimed at once.
pub const RUN: usize = 3;

/// What the lanes ask of a store.
#[async_trait(?Send)]
pub trait Store {
    async fn enqueue(&mut self, deliveries: &[Delivery]);
    async fn wake(&mut self, now: DateTime<Utc>);
    /// Destinations with lanes in line whose circuit is not open.
    async fn ready(&mut self, now: DateTime<Utc>) -> Vec<ReadyDestination>;
    /// Lanes of a destination, each with what may go in one run.
    async fn claim(
        &mut self,
        destination: &ReadyDestination,
        limit: usize,
        token: u128,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<Vec<Claimed>>;
    /// Ends of one workspace, whole runs; whether each was written.
    async fn settle(&mut self, ends: &[End], now: DateTime<Utc>) -> Vec<bool>;
    async fn prolong(&mut self, claimed: &Claimed, until: DateTime<Utc>) -> bool;
    async fn revive(&mut self, id: u128, now: DateTime<Utc>) -> bool;
    async fn discard(&mut self, id: u128, now: DateTime<Utc>) -> bool;
    async fn set_on_death(&mut self, workspace: WorkspaceId, destination: &str, on_death: OnDeath);
    async fn snapshot(&mut self) -> Snapshot;
}

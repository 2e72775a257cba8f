//! What the store is to do, in a few maps: the contract of `persistence::deliveries`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::ids::WorkspaceId;
use domain::integrations::{Breaker, Circuit, DeliveryState, OnDeath, Turn, next_turn};
use persistence::deliveries::{ReadyDestination, Settlement};

use crate::store::{Claimed, Delivery, End, LaneKey, RUN, Snapshot, Store};

#[derive(Default)]
pub struct Model {
    lanes: BTreeMap<LaneKey, Lane>,
    lanes_made: u64,
    deliveries: BTreeMap<u128, Delivery>,
    destinations: BTreeMap<(WorkspaceId, String), (Breaker, OnDeath)>,
}

struct Lane {
    made: u64,
    ready: bool,
    wake_at: DateTime<Utc>,
    claim: Option<u128>,
    blocked_by: Option<u128>,
}

impl Model {
    /// The pending deliveries of a lane, in their order.
    fn pending(&self, key: &LaneKey) -> Vec<&Delivery> {
        let is_pending = |one: &&Delivery| one.key == *key && one.state == DeliveryState::Pending;
        let mut pending: Vec<&Delivery> = self.deliveries.values().filter(is_pending).collect();
        pending.sort_by_key(|one| (one.position, one.id));
        pending
    }

    fn head(&self, key: &LaneKey) -> Option<&Delivery> {
        self.pending(key).first().copied()
    }

    fn turn(&mut self, key: &LaneKey, turn: Turn, blocked_by: u128, now: DateTime<Utc>) {
        let (ready, wake_at, blocked_by) = match turn {
            Turn::Empty => {
                self.lanes.remove(key);
                return;
            }
            Turn::Ready => (true, now, None),
            Turn::Asleep(until) => (false, until, None),
            Turn::Blocked => (false, now, Some(blocked_by)),
        };
        let lane = self.lanes.get_mut(key).unwrap();
        *lane = Lane { made: lane.made, ready, wake_at, claim: None, blocked_by };
    }

    fn line_up(&mut self, key: &LaneKey, now: DateTime<Utc>) {
        self.lanes_made += 1;
        let new = Lane { made: self.lanes_made, ready: true, wake_at: now, claim: None, blocked_by: None };
        self.lanes.entry(key.clone()).or_insert(new);
    }

    fn is_held(&self, claimed: &Claimed) -> bool {
        self.lanes.get(&claimed.delivery.key).is_some_and(|lane| lane.claim == Some(claimed.token))
    }

    /// Writes how an attempt ended; in which state it left its delivery.
    fn leave(&mut self, End { claimed, settlement, verdict, dice }: &End, now: DateTime<Utc>) -> DeliveryState {
        let key = &claimed.delivery.key;
        let delivery = self.deliveries.get_mut(&claimed.delivery.id).unwrap();
        (delivery.state, delivery.next_attempt_at) = match settlement {
            Settlement::Done => (DeliveryState::Done, now),
            Settlement::Retry { at, .. } => (DeliveryState::Pending, *at),
            Settlement::Dead { .. } => (claimed.on_death.state(), now),
            Settlement::Parked { .. } => (DeliveryState::Parked, now),
            Settlement::Wait { until, .. } => (DeliveryState::Pending, *until),
            Settlement::Discarded { .. } => (DeliveryState::Discarded, now),
            Settlement::Untouched => {
                delivery.attempts = claimed.delivery.attempts;
                (DeliveryState::Pending, claimed.delivery.next_attempt_at)
            }
        };
        let state = delivery.state;
        let known = self.destinations.entry((key.workspace, key.destination.clone())).or_default();
        known.0 = match claimed.trial {
            Some(trial) => known.0.after_trial(trial, *verdict, now, *dice),
            None => known.0.after(*verdict, now, *dice),
        };
        state
    }

    fn destination(&self, key: &LaneKey) -> (Breaker, OnDeath) {
        self.destinations.get(&(key.workspace, key.destination.clone())).copied().unwrap_or_default()
    }
}

#[async_trait(?Send)]
impl Store for Model {
    async fn enqueue(&mut self, deliveries: &[Delivery]) {
        let mut keys: Vec<_> = deliveries.iter().map(|one| (one.key.clone(), one.next_attempt_at)).collect();
        keys.sort();
        for (key, now) in keys {
            self.line_up(&key, now);
        }
        self.deliveries.extend(deliveries.iter().map(|one| (one.id, one.clone())));
    }

    async fn wake(&mut self, now: DateTime<Utc>) {
        for lane in self.lanes.values_mut() {
            if !lane.ready && lane.blocked_by.is_none() && lane.wake_at <= now {
                (lane.ready, lane.claim) = (true, None);
            }
        }
    }

    async fn ready(&mut self, now: DateTime<Utc>) -> Vec<ReadyDestination> {
        let mut ready: Vec<ReadyDestination> = Vec::new();
        for (key, _) in self.lanes.iter().filter(|(_, lane)| lane.ready) {
            let (breaker, on_death) = self.destination(key);
            let next = ReadyDestination {
                workspace: key.workspace,
                id: key.destination.clone(),
                breaker,
                on_death,
                is_live: true,
                rate_per_second: None,
            };
            if next.breaker.circuit(now) != Circuit::Open && ready.last() != Some(&next) {
                ready.push(next);
            }
        }
        ready
    }

    async fn claim(
        &mut self,
        destination: &ReadyDestination,
        limit: usize,
        token: u128,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<Vec<Claimed>> {
        let here = (destination.workspace, destination.id.clone());
        let breaker = self.destinations.get(&here).map(|(breaker, _)| *breaker).unwrap_or_default();
        let trial = match destination.breaker.circuit(now) {
            Circuit::HalfOpen => match breaker.on_trial(now, until) {
                None => return Vec::new(),
                trial => trial,
            },
            _ => None,
        };
        let (limit, run) = if trial.is_some() { (limit.min(1), 1) } else { (limit, RUN) };
        let is_there = |key: &LaneKey| key.workspace == destination.workspace && key.destination == destination.id;
        let mut waiting: Vec<(DateTime<Utc>, u64, LaneKey)> = self
            .lanes
            .iter()
            .filter(|(key, lane)| lane.ready && is_there(key))
            .map(|(key, lane)| (lane.wake_at, lane.made, key.clone()))
            .collect();
        waiting.sort();
        let mut runs = Vec::new();
        for (_, _, key) in waiting.into_iter().take(limit) {
            let head = self.head(&key).expect("a lane in line has a head").clone();
            if head.next_attempt_at > now {
                self.turn(&key, Turn::Asleep(head.next_attempt_at), head.id, now);
                continue;
            }
            let lane = self.lanes.get_mut(&key).unwrap();
            (lane.ready, lane.claim, lane.wake_at) = (false, Some(token), until);
            // What was tried before goes alone.
            let is_new = |one: &&&Delivery| one.attempts == 0 && one.next_attempt_at <= now;
            let pending = self.pending(&key);
            let many = pending.iter().take(run).take_while(is_new).count().max(1);
            let run: Vec<Delivery> = pending.into_iter().take(many).cloned().collect();
            for one in &run {
                self.deliveries.get_mut(&one.id).unwrap().attempts += 1;
            }
            let (on_death, trial) = (destination.on_death, trial.map(|(_, trial)| trial));
            runs.push(run.into_iter().map(|delivery| Claimed { delivery, token, on_death, trial }).collect());
        }
        if let Some((breaker, _)) = trial.filter(|_| !runs.is_empty()) {
            self.destinations.entry(here).or_default().0 = breaker;
        }
        runs
    }

    async fn settle(&mut self, ends: &[End], now: DateTime<Utc>) -> Vec<bool> {
        let settled: Vec<bool> = ends.iter().map(|end| self.is_held(&end.claimed)).collect();
        let claim = |end: &End| (end.claimed.delivery.key.clone(), end.claimed.token);
        for run in ends.chunk_by(|one, next| claim(one) == claim(next)) {
            if !self.is_held(&run[0].claimed) {
                continue;
            }
            let mut last = None;
            for end in run {
                let state = self.leave(end, now);
                if !matches!(end.settlement, Settlement::Untouched) {
                    last = Some((state, &end.claimed));
                }
            }
            let (state, Claimed { delivery, on_death, .. }) = last.expect("a run is begun");
            let head = self.head(&delivery.key).map(|head| head.next_attempt_at);
            self.turn(&delivery.key, next_turn(state, *on_death, head, now), delivery.id, now);
        }
        settled
    }

    async fn prolong(&mut self, claimed: &Claimed, until: DateTime<Utc>) -> bool {
        match self.lanes.get_mut(&claimed.delivery.key) {
            Some(lane) if lane.claim == Some(claimed.token) => {
                lane.wake_at = until;
                true
            }
            _ => false,
        }
    }

    async fn revive(&mut self, id: u128, now: DateTime<Utc>) -> bool {
        let delivery = self.deliveries.get_mut(&id).unwrap();
        if !matches!(delivery.state, DeliveryState::Dead | DeliveryState::Parked) {
            return false;
        }
        (delivery.state, delivery.attempts, delivery.next_attempt_at) = (DeliveryState::Pending, 0, now);
        let key = delivery.key.clone();
        self.line_up(&key, now);
        let lane = self.lanes.get_mut(&key).unwrap();
        if lane.blocked_by.is_none_or(|by| by == id) {
            lane.blocked_by = None;
            if lane.claim.is_none() {
                (lane.ready, lane.wake_at) = (true, now);
            }
        }
        true
    }

    async fn discard(&mut self, id: u128, now: DateTime<Utc>) -> bool {
        let delivery = self.deliveries.get_mut(&id).unwrap();
        if !matches!(delivery.state, DeliveryState::Dead | DeliveryState::Parked) {
            return false;
        }
        delivery.state = DeliveryState::Discarded;
        let key = delivery.key.clone();
        if self.lanes.get(&key).is_some_and(|lane| lane.blocked_by == Some(id)) {
            let head = self.head(&key).map(|head| head.next_attempt_at);
            self.turn(&key, next_turn(DeliveryState::Discarded, OnDeath::default(), head, now), id, now);
        }
        true
    }

    async fn set_on_death(&mut self, workspace: WorkspaceId, destination: &str, on_death: OnDeath) {
        self.destinations.entry((workspace, destination.to_owned())).or_default().1 = on_death;
    }

    async fn snapshot(&mut self) -> Snapshot {
        let lanes = self.lanes.iter().map(|(key, lane)| (key.clone(), lane.blocked_by.is_some())).collect();
        Snapshot { lanes, deliveries: self.deliveries.clone() }
    }
}

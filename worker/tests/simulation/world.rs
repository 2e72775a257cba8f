//! One seed's world: what happens, to whom, and what must hold afterwards.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{ConnectionId, ContactId, EntityId, WorkspaceId};
use domain::integrations::{Backoff, Candidate, Circuit, DeliveryState, OnDeath, Verdict, share};
use persistence::deliveries::Settlement;
use uuid::Uuid;

use crate::dice::Dice;
use crate::store::{Claimed, Delivery, End, LaneKey, Snapshot, Store};

const STEPS: usize = 80;
const WORKERS: usize = 3;
const LEASE: TimeDelta = TimeDelta::seconds(20);
const PER_DESTINATION: usize = 2;
const PER_WORKSPACE: usize = 3;
const ATTEMPTS_MAX: i32 = 4;

/// How a destination behaves just now.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mood {
    Well,
    Failing,
    /// Takes the delivery; the answer does not come back.
    Mute,
    Refusing,
    AsksToWait,
    Unauthorised,
}

const MOODS: [Mood; 8] = [
    Mood::Well,
    Mood::Well,
    Mood::Well,
    Mood::Failing,
    Mood::Mute,
    Mood::Refusing,
    Mood::AsksToWait,
    Mood::Unauthorised,
];

/// A claimed run in a worker's hands: what is still to be attempted, and how what was attempted ended.
struct InHand {
    claimed: VecDeque<Claimed>,
    ends: Vec<End>,
    is_over: bool,
}

impl InHand {
    fn first(&self) -> &Claimed {
        self.ends.first().map_or_else(|| &self.claimed[0], |end| &end.claimed)
    }

    /// Its ends, and what of it was not touched.
    fn into_ends(self) -> Vec<End> {
        let untouched =
            |claimed| End { claimed, settlement: Settlement::Untouched, verdict: Verdict::Unknown, dice: 0.0 };
        self.ends.into_iter().chain(self.claimed.into_iter().map(untouched)).collect()
    }
}

pub struct World<S> {
    store: S,
    dice: Dice,
    now: DateTime<Utc>,
    workspaces: Vec<WorkspaceId>,
    moods: HashMap<(WorkspaceId, String), Mood>,
    workers: Vec<Vec<InHand>>,
    made: u128,
    position: i64,
    /// Ids that a destination has seen, in the order in which it first saw them, by lane.
    seen: HashMap<LaneKey, Vec<(i64, u128)>>,
    /// Deliveries that ended, in the order in which they did for the first time, by lane.
    ended: HashMap<LaneKey, Vec<(i64, u128)>>,
    /// Deliveries that were once given up, so that others rightly passed them.
    given_up: BTreeSet<u128>,
    /// Deliveries that have ended and were not sent again since.
    over: BTreeSet<u128>,
}

impl<S: Store> World<S> {
    pub fn new(seed: u64, store: S) -> Self {
        Self {
            store,
            dice: Dice::new(seed),
            now: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            workspaces: (1..=2).map(|number| WorkspaceId::from_uuid(Uuid::from_u128(number))).collect(),
            moods: HashMap::new(),
            workers: (0..WORKERS).map(|_| Vec::new()).collect(),
            made: 0,
            position: 0,
            seen: HashMap::new(),
            ended: HashMap::new(),
            given_up: BTreeSet::new(),
            over: BTreeSet::new(),
        }
    }

    pub async fn run(mut self) {
        for _ in 0..STEPS {
            self.step().await;
            self.check().await;
        }
        self.recover().await;
    }

    async fn step(&mut self) {
        let worker = self.dice.below(WORKERS);
        match self.dice.below(20) {
            0..=3 => self.commit().await,
            4..=8 => self.take_turns(worker).await,
            9..=11 => self.attempt(worker),
            12..=14 => self.settle(worker).await,
            15 => self.workers[worker].clear(),
            16 => self.heartbeat(worker).await,
            17 => self.change_a_mood().await,
            18 => self.decide_about_a_dead_letter().await,
            _ => self.jump(),
        }
    }

    /// Mostly a little, at times by minutes, at times backwards.
    fn jump(&mut self) {
        self.now += match self.dice.below(10) {
            0 => TimeDelta::seconds(-3),
            1..=2 => TimeDelta::minutes(2),
            _ => TimeDelta::milliseconds(i64::try_from(self.dice.below(8000)).unwrap()),
        };
    }

    fn destinations(workspace: WorkspaceId) -> [(WorkspaceId, String); 2] {
        let first = workspace.uuid().as_u128() * 10;
        [first, first + 1].map(|number| (workspace, ConnectionId::from_uuid(Uuid::from_u128(number)).to_string()))
    }

    /// An event about some entity, to every destination of its workspace.
    async fn commit(&mut self) {
        self.position += 1;
        let workspace = self.dice.pick(&self.workspaces);
        let lane = ContactId::from_uuid(Uuid::from_u128(self.dice.pick(&[1, 2, 3]))).to_string();
        let mut deliveries = Vec::new();
        for (workspace, destination) in Self::destinations(workspace) {
            self.made += 1;
            deliveries.push(Delivery {
                id: self.made,
                key: LaneKey { workspace, destination, lane: lane.clone() },
                position: self.position,
                state: DeliveryState::Pending,
                attempts: 0,
                next_attempt_at: self.now,
            });
        }
        self.store.enqueue(&deliveries).await;
    }

    async fn take_turns(&mut self, worker: usize) {
        self.store.wake(self.now).await;
        let ready = self.store.ready(self.now).await;
        let in_hand = |is_wanted: &dyn Fn(&LaneKey) -> bool| {
            self.workers[worker].iter().filter(|one| is_wanted(&one.first().delivery.key)).count()
        };
        let candidates: Vec<Candidate> = ready
            .iter()
            .map(|one| Candidate {
                workspace: one.workspace,
                busy: in_hand(&|key| key.workspace == one.workspace && key.destination == one.id),
                budget: match one.breaker.circuit(self.now) {
                    Circuit::Closed => PER_DESTINATION,
                    Circuit::HalfOpen => 1,
                    Circuit::Open => 0,
                },
            })
            .collect();
        let shares = share(&candidates, 4, PER_WORKSPACE, |workspace| in_hand(&|key| key.workspace == workspace));
        for (destination, limit) in ready.iter().zip(shares).filter(|(_, share)| *share > 0) {
            self.made += 1;
            let runs = self.store.claim(destination, limit, self.made, self.now, self.now + LEASE).await;
            let in_hand = |run: Vec<Claimed>| InHand { claimed: run.into(), ends: Vec::new(), is_over: false };
            self.workers[worker].extend(runs.into_iter().map(in_hand));
        }
    }

    /// A worker's next delivery reaches its destination, or does not.
    fn attempt(&mut self, worker: usize) {
        let Some(at) = self.workers[worker].iter().position(|one| !one.is_over) else { return };
        let claimed =
            self.workers[worker][at].claimed.pop_front().expect("something is left of a run that is not over");
        let delivery = claimed.delivery.clone();
        let mood = self.mood(&delivery.key);
        if matches!(mood, Mood::Well | Mood::Mute) {
            let seen = self.seen.entry(delivery.key.clone()).or_default();
            // It knows the ids that it has taken: the second time is no effect.
            if !seen.iter().any(|(_, id)| *id == delivery.id) {
                seen.push((delivery.position, delivery.id));
            }
        }
        let (attempts, dice) = (delivery.attempts + 1, self.dice.fraction());
        let backoff = Backoff { base: Duration::from_secs(1), cap: Duration::from_mins(1) };
        let again = |told: Option<Duration>| {
            if attempts >= ATTEMPTS_MAX {
                return Settlement::Dead { error: "Given up.".to_owned() };
            }
            let wait = backoff.wait(attempts, told, dice);
            Settlement::Retry { at: self.now + TimeDelta::from_std(wait).unwrap(), error: "Later.".to_owned() }
        };
        let told = Duration::from_secs(30);
        let (settlement, verdict) = match mood {
            Mood::Well => (Settlement::Done, Verdict::Works),
            Mood::Failing | Mood::Mute => (again(None), Verdict::Fails),
            Mood::AsksToWait => (again(Some(told)), Verdict::AsksToWait(told)),
            Mood::Refusing => (Settlement::Dead { error: "No.".to_owned() }, Verdict::Works),
            Mood::Unauthorised => (Settlement::Parked { error: "Sign in.".to_owned() }, Verdict::Works),
        };
        // At times its time is over, too.
        let goes_on = matches!(settlement, Settlement::Done) && !self.dice.one_in(4);
        let end = End { claimed, settlement, verdict, dice: self.dice.fraction() };
        let run = &mut self.workers[worker][at];
        run.ends.push(end);
        run.is_over = !goes_on || run.claimed.is_empty();
    }

    /// Some of the runs that are over are settled, in one step for each workspace.
    async fn settle(&mut self, worker: usize) {
        let many = 1 + self.dice.below(3);
        let mut ends: BTreeMap<WorkspaceId, Vec<End>> = BTreeMap::new();
        for _ in 0..many {
            let Some(at) = self.workers[worker].iter().position(|one| one.is_over) else { break };
            let run = self.workers[worker].remove(at);
            ends.entry(run.first().delivery.key.workspace).or_default().extend(run.into_ends());
        }
        for ends in ends.into_values() {
            let settled = self.store.settle(&ends, self.now).await;
            ends.into_iter().zip(settled).filter(|(_, is_settled)| *is_settled).for_each(|(end, _)| self.note(end));
        }
    }

    fn note(&mut self, End { claimed: Claimed { delivery, .. }, settlement, .. }: End) {
        assert!(!self.over.contains(&delivery.id), "{delivery:?} ended twice: a lost lease settled it");
        if matches!(settlement, Settlement::Retry { .. } | Settlement::Untouched) {
            return;
        }
        self.over.insert(delivery.id);
        if !matches!(settlement, Settlement::Done) {
            self.given_up.insert(delivery.id);
        }
        let ended = self.ended.entry(delivery.key).or_default();
        if !ended.iter().any(|(_, id)| *id == delivery.id) {
            ended.push((delivery.position, delivery.id));
        }
    }

    async fn heartbeat(&mut self, worker: usize) {
        let (mut kept, until) = (Vec::new(), self.now + LEASE);
        for one in std::mem::take(&mut self.workers[worker]) {
            if self.store.prolong(one.first(), until).await {
                kept.push(one);
            }
        }
        self.workers[worker] = kept;
    }

    async fn change_a_mood(&mut self) {
        let workspace = self.dice.pick(&self.workspaces);
        let key = Self::destinations(workspace)[self.dice.below(2)].clone();
        if self.dice.one_in(4) {
            let policy = self.dice.pick(&[OnDeath::Skip, OnDeath::BlockLane, OnDeath::Park]);
            self.store.set_on_death(workspace, &key.1, policy).await;
        }
        self.moods.insert(key, self.dice.pick(&MOODS));
    }

    async fn decide_about_a_dead_letter(&mut self) {
        let all: Vec<u128> = self.given_up.iter().copied().collect();
        if all.is_empty() {
            return;
        }
        let id = self.dice.pick(&all);
        if self.dice.one_in(3) {
            self.store.discard(id, self.now).await;
        } else {
            self.send_again(id).await;
        }
    }

    async fn send_again(&mut self, id: u128) {
        if self.store.revive(id, self.now).await {
            self.over.remove(&id);
        }
    }

    fn mood(&self, key: &LaneKey) -> Mood {
        self.moods.get(&(key.workspace, key.destination.clone())).copied().unwrap_or(Mood::Well)
    }

    /// What must hold after every step.
    async fn check(&mut self) {
        let Snapshot { lanes, deliveries } = self.store.snapshot().await;
        for delivery in deliveries.values().filter(|one| one.state == DeliveryState::Pending) {
            assert!(lanes.contains_key(&delivery.key), "{delivery:?} waits in no lane: it would be lost");
        }
        for (key, is_blocked) in &lanes {
            let has_pending = deliveries.values().any(|one| one.key == *key && one.state == DeliveryState::Pending);
            assert!(has_pending || *is_blocked, "{key:?} is a lane of nothing");
        }
        for in_order in self.ended.values().chain(self.seen.values()) {
            // Whoever was given up, and only they, may be passed.
            let kept: Vec<_> = in_order.iter().filter(|(_, id)| !self.given_up.contains(id)).collect();
            assert!(kept.is_sorted(), "an inversion within an entity: {in_order:?}");
        }
    }

    /// Everybody is well again and nobody dies any more: everything must come to its end.
    async fn recover(mut self) {
        self.moods.clear();
        self.workers.iter_mut().for_each(Vec::clear);
        for round in 0.. {
            let Snapshot { lanes, deliveries } = self.store.snapshot().await;
            if lanes.is_empty() {
                let is_over = |one: &Delivery| one.state != DeliveryState::Pending;
                assert!(deliveries.values().all(is_over), "something waits without a lane");
                break;
            }
            assert!(round < 400, "these lanes never end: {lanes:?}");
            let stuck =
                deliveries.values().filter(|one| one.state == DeliveryState::Dead && lanes.contains_key(&one.key));
            for id in stuck.map(|one| one.id).collect::<Vec<_>>() {
                self.send_again(id).await;
            }
            self.now += TimeDelta::seconds(30);
            self.take_turns(0).await;
            while !self.workers[0].is_empty() {
                self.attempt(0);
                self.settle(0).await;
            }
            self.check().await;
        }
        self.check_ends().await;
    }

    /// Done means that the destination has it; and it has nothing twice.
    async fn check_ends(&mut self) {
        for delivery in self.store.snapshot().await.deliveries.values() {
            let seen =
                self.seen.get(&delivery.key).map_or(0, |all| all.iter().filter(|(_, id)| *id == delivery.id).count());
            assert!(seen <= 1, "{delivery:?} had an effect {seen} times");
            assert!(seen == 1 || delivery.state != DeliveryState::Done, "{delivery:?} is done and nobody has it");
        }
    }
}

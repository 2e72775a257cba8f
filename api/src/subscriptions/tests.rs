//! Streams on a real log: who shares, from where they resume, and what they are told about what is gone.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Variables};
use chrono::{DateTime, Utc};
use commands::Stores;
use domain::access::{Grants, Scope};
use domain::events::Fact;
use domain::ids::{ContactId, EntityId, WorkspaceId};
use domain::operation::Edge;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::BoxStream;
use persistence::bus::{Bus, Hint};
use persistence::meters::Meters;
use persistence::{Database, events};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Course, Hub};
use crate::auth::{Caller, Ground, Tokens};
use crate::clients::Clients;
use crate::documents;
use crate::engine::SchemaEngine;
use crate::gateway::{Engine, StreamItem};
use crate::stage::Stage;

const FOLLOW: &str = "subscription ($after: EventCursor) { events(after: $after) { type sequence entityId data } }";

/// A workspace on SQLite whose log grows when a test says so.
struct World {
    engine: SchemaEngine,
    hub: Hub,
    database: Database,
    bus: Bus,
    edge: Edge,
    workspace: WorkspaceId,
    _stage: Stage,
    _ends: tokio_util::sync::DropGuard,
}

impl World {
    async fn new() -> Self {
        let stage = Stage::set().await;
        let api = Arc::new(stage.api.clone());
        let Stores { database, bus } = api.stores.clone();
        let (edge, workspace) = (api.edge.clone(), stage.workspace);
        let shutdown = CancellationToken::new();
        let tokens = Arc::new(Tokens::load(&api).await.unwrap());
        let hub = Hub::start(api.stores.clone(), shutdown.clone());
        let clients = Clients::new(database.clone(), &api.config.public_url);
        let engine = SchemaEngine::new(api, tokens, clients, (hub.clone(), Meters::new(&bus)));
        Self { engine, hub, database, bus, edge, workspace, _stage: stage, _ends: shutdown.drop_guard() }
    }

    fn caller(&self, grants: Grants) -> Caller {
        let expires_at = DateTime::<Utc>::MAX_UTC;
        Caller {
            workspace: self.workspace,
            client: EntityId::from_uuid(Uuid::nil()),
            host: None,
            grants,
            token: self.edge.new_id(),
            allowed: None,
            ground: Ground::Ours("".into()),
            expires_at,
        }
    }

    /// Somebody who may see everything, after a position.
    fn follow(&self, after: i64) -> BoxStream<'static, StreamItem> {
        self.follow_as(Grants::all(), after)
    }

    fn follow_as(&self, grants: Grants, after: i64) -> BoxStream<'static, StreamItem> {
        let variables = Variables::from_json(json!({ "after": cursor(after) }));
        let mut request = Request::new(FOLLOW).variables(variables);
        documents::attach(&mut request, documents::read(FOLLOW).unwrap().into());
        self.engine.stream(&self.caller(grants), request, None, &self.edge.correlation())
    }

    /// So many more events happen and are given their places.
    async fn happen(&self, count: usize) {
        let tx = self.database.begin(self.workspace).await.unwrap();
        for _ in 0..count {
            let operation = self.edge.system(self.workspace, self.edge.correlation());
            let contact = ContactId::from_uuid(Uuid::from_u128(1));
            events::append(&tx, &operation, &Fact::ContactUpdated { contact, version: 2 }).await.unwrap();
        }
        tx.commit().await.unwrap();
        let tx = self.database.begin_system().await.unwrap();
        let unplaced = events::take_unplaced(&tx, 10_000).await.unwrap().unplaced;
        let placed = events::place(&tx, unplaced).await.unwrap();
        let position = placed.last().map_or(0, |event| event.position);
        tx.commit().await.unwrap();
        self.bus.publish(Hint::Placed { workspace: self.workspace, position });
    }

    /// Everything before a position goes.
    async fn retire_before(&self, position: i64) {
        let tx = self.database.begin(self.workspace).await.unwrap();
        let horizon = events::horizon(&tx).await.unwrap();
        events::retire(&tx, horizon, position).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn cursor(position: i64) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("e1.{position}"))
}

async fn next(stream: &mut BoxStream<'static, StreamItem>) -> Arc<str> {
    match stream.next().await {
        Some(StreamItem::Shared { json, .. }) => json,
        other => panic!("nothing that can be shared: {other:?}"),
    }
}

fn event(json: &str) -> Value {
    serde_json::from_str::<Value>(json).unwrap()["data"]["events"].take()
}

fn sequence(json: &str) -> i64 {
    event(json)["sequence"].as_i64().unwrap()
}

/// Everything up to a position, as sequences.
async fn sequences(mut stream: BoxStream<'static, StreamItem>, until: i64) -> Vec<i64> {
    let mut heard = Vec::new();
    while heard.last() != Some(&until) {
        heard.push(sequence(&next(&mut stream).await));
    }
    heard
}

#[tokio::test]
async fn a_hundred_who_ask_the_same_cost_one_execution_for_each_event() {
    let world = World::new().await;
    world.happen(1).await;
    let mut streams: Vec<_> = (0..100).map(|_| world.follow(0)).collect();
    join_all(streams.iter_mut().map(next)).await;
    for sequence_expected in 2..=5 {
        world.happen(1).await;
        let heard = join_all(streams.iter_mut().map(next)).await;
        // Every execution writes its result to a place of its own in memory: one place, one execution.
        let places: BTreeSet<*const u8> = heard.iter().map(|json| json.as_ptr()).collect();
        assert_eq!((places.len(), sequence(&heard[0])), (1, sequence_expected));
    }
}

#[tokio::test]
async fn other_rights_are_another_execution() {
    let world = World::new().await;
    let few: Grants = [Scope::EventsSubscribe].into_iter().collect();
    let mut streams = [world.follow(0), world.follow(0), world.follow_as(few, 0)];
    // Only who has caught up shares.
    world.happen(1).await;
    join_all(streams.iter_mut().map(next)).await;
    world.happen(1).await;
    let heard = join_all(streams.iter_mut().map(next)).await;
    assert_eq!(sequence(&heard[2]), 2);
    assert!(!Arc::ptr_eq(&heard[0], &heard[2]));
    assert!(Arc::ptr_eq(&heard[0], &heard[1]));
}

#[tokio::test]
async fn whoever_resumes_joins_without_a_gap_or_a_double() {
    let world = World::new().await;
    world.happen(20).await;
    let resumed = (0..=20).map(|after| {
        let stream = world.follow(after);
        tokio::spawn(async move { (after, sequences(stream, 60).await) })
    });
    let resumed: Vec<_> = resumed.collect();
    for _ in 0..40 {
        world.happen(1).await;
    }
    // These find the group's results, or read for themselves what it no longer keeps.
    let late = (0..=59).step_by(7).map(|after| {
        let stream = world.follow(after);
        tokio::spawn(async move { (after, sequences(stream, 60).await) })
    });
    for follower in resumed.into_iter().chain(late) {
        let (after, heard) = follower.await.unwrap();
        assert_eq!(heard, (after + 1..=60).collect::<Vec<_>>(), "after {after}");
    }
}

#[tokio::test]
async fn whoever_falls_behind_the_group_reads_the_log() {
    let world = World::new().await;
    let mut slow = world.follow(0);
    let quick = world.follow(0);
    world.happen(1).await;
    assert_eq!(sequence(&next(&mut slow).await), 1);
    let quick = tokio::spawn(sequences(quick, 400));
    for _ in 0..4 {
        world.happen(100).await;
    }
    // Far more by now than the group keeps for two members.
    world.happen(0).await;
    let heard = sequences(slow, 400).await;
    assert_eq!(heard, (2..=400).collect::<Vec<_>>());
    assert_eq!(quick.await.unwrap(), (1..=400).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_retention_took_is_told_and_then_the_stream_goes_on() {
    let world = World::new().await;
    world.happen(10).await;
    world.retire_before(6).await;
    let mut stream = world.follow(2);
    let gap = event(&next(&mut stream).await);
    let expected = json!({
        "type": "stream_gap", "sequence": 5, "entityId": world.workspace, "data": {"from": 3, "to": 5}
    });
    assert_eq!(gap, expected);
    assert_eq!(sequences(stream, 10).await, [6, 7, 8, 9, 10]);
    // Right before the horizon nothing is missing.
    assert_eq!(sequences(world.follow(5), 10).await, [6, 7, 8, 9, 10]);
}

#[tokio::test]
async fn a_log_that_is_gone_altogether_is_one_gap() {
    let world = World::new().await;
    world.happen(3).await;
    world.retire_before(4).await;
    let mut stream = world.follow(0);
    assert_eq!(event(&next(&mut stream).await)["data"], json!({"from": 1, "to": 3}));
    world.happen(1).await;
    assert_eq!(sequences(stream, 4).await, [4]);
}

#[tokio::test]
async fn a_group_ends_with_its_last_member() {
    let world = World::new().await;
    let (mut one, mut other) = (world.follow(0), world.follow(0));
    world.happen(1).await;
    join_all([next(&mut one), next(&mut other)]).await;
    assert_eq!(world.engine.groups().count(), 1);
    drop(one);
    assert_eq!(world.engine.groups().count(), 1);
    drop(other);
    assert_eq!(world.engine.groups().count(), 0);
}

/// Until it is so; panics after a while.
async fn eventually(mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("it becomes so");
}

#[tokio::test]
async fn a_log_that_nobody_follows_any_more_is_not_read_any_more() {
    let world = World::new().await;
    let mut stream = world.follow(0);
    world.happen(1).await;
    next(&mut stream).await;
    assert_eq!(world.hub.followed_count(), 1);
    drop(stream);
    eventually(|| world.hub.followed_count() == 0).await;
    world.happen(1).await;
    assert_eq!(sequences(world.follow(0), 2).await, [1, 2]);
}

#[tokio::test]
async fn what_happens_while_somebody_begins_is_heard_at_once() {
    let world = World::new().await;
    world.happen(3).await;
    // The hint of it has passed, and this hub does not look by itself for as long as the test may take.
    let shutdown = CancellationToken::new();
    let stores = Stores { database: world.database.clone(), bus: world.bus.clone() };
    let hub = Hub::looking_every(Duration::from_hours(1), stores, shutdown.clone());
    let _ends = shutdown.drop_guard();
    let stale = hub.follow(world.workspace, Arc::new(Course::alone(None)), 0, 0);
    let heard = tokio::time::timeout(Duration::from_mins(1), stale.take(3).collect::<Vec<_>>()).await;
    assert_eq!(heard.expect("without a look at the clock").len(), 3);
}

#[tokio::test]
async fn more_than_a_tail_keeps_may_happen_before_the_hub_looks() {
    let world = World::new().await;
    let slow = world.follow(0);
    let quick = tokio::spawn(sequences(world.follow(0), 2_500));
    world.happen(1_200).await;
    world.happen(1_300).await;
    assert_eq!(sequences(slow, 2_500).await, (1..=2_500).collect::<Vec<_>>());
    assert_eq!(quick.await.unwrap(), (1..=2_500).collect::<Vec<_>>());
}

#[tokio::test]
async fn whoever_may_not_follow_never_reaches_a_group() {
    let world = World::new().await;
    let mut refused = world.follow_as(Grants::default(), 0);
    let Some(StreamItem::Own(response)) = refused.next().await else { panic!("not refused") };
    assert_eq!(response.errors[0].message, "This needs the scope `events:subscribe`.");
    assert!(refused.next().await.is_none());
    assert_eq!(world.engine.groups().count(), 0);
}

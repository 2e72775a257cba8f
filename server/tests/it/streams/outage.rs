//! Redis stops, dies and comes back while people book and listen; a server is asked to stop while somebody books.

use std::time::{Duration, Instant};

use domain::ids::HostId;
use persistence::availability::lock_hosts;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::socket::Socket;
use super::{Cut, FOLLOW, Follower, PROMPT_MAX};
use crate::leads::free_times;
use crate::support::{App, Part, Redis, Store, Wishes, wait_until};

/// Longer than a silence is borne, and much longer than the Redis library tries by itself to connect again: six times,
/// with waits that double from 100 ms.
const LONG: Duration = Duration::from_mins(1);

#[tokio::test]
async fn redis_may_stop_and_die_and_come_back() {
    let mut redis = Redis::start();
    let wishes = Wishes { redis_url: Some(redis.url()), ..Wishes::default() };
    let mut app = App::start_with(Store::Postgres, wishes).await;
    let other = app.another_api().await;
    redis.wait_for_listeners(3).await;
    let admin = app.as_persona("admin");
    let times = free_times(&admin).await;
    let mut follower = Follower::begin(&app, &other, &times[0]).await;
    let mut booked = Vec::new();
    let mut numbers = 1..;
    // Each stage ends with the follower having heard everything, so nothing is left to a later stage's luck.
    for stage in [Stage::Healthy, Stage::Silent, Stage::Healthy, Stage::Dead, Stage::Back, Stage::Healthy] {
        match stage {
            Stage::Healthy => redis.signal("CONT"),
            Stage::Silent => redis.signal("STOP"),
            Stage::Dead => redis.kill(),
            Stage::Back => redis.restart(),
        }
        for number in numbers.by_ref().take(8) {
            booked.push(times[number].book(&admin, number).await);
        }
        follower.hear_until(booked.len() + 1, Cut::Never).await;
    }
    follower.check(booked);
    redis.wait_for_listeners(3).await;
}

#[derive(Clone, Copy)]
enum Stage {
    Healthy,
    Silent,
    Dead,
    Back,
}

#[tokio::test]
async fn redis_may_be_frozen_for_long() {
    // Nobody publishes anything at first, so only the heartbeat can find out.
    redis_is_away_for_long(|redis| redis.signal("STOP"), |redis| redis.signal("CONT")).await;
}

#[tokio::test]
async fn redis_may_be_dead_for_long() {
    redis_is_away_for_long(Redis::kill, Redis::restart).await;
}

async fn redis_is_away_for_long(go: fn(&mut Redis), come_back: fn(&mut Redis)) {
    let mut redis = Redis::start();
    // Nobody looks by themselves within the second, so what is prompt came by a hint.
    let environment =
        vec![("MERIDIAN_WORKER__POLL_MILLISECONDS", "1000".to_owned()), ("MERIDIAN_LOG__FILTER", "info".to_owned())];
    let mut app = App::start_with(Store::Postgres, Wishes { redis_url: Some(redis.url()), environment }).await;
    let other = app.another_api().await;
    redis.wait_for_listeners(3).await;
    let admin = app.as_persona("admin");
    let times = free_times(&admin).await;
    let (usual, rest) = times[1..].split_at(9);
    let (meanwhile, after) = rest.split_at(4);
    let mut follower = Follower::begin(&app, &other, &times[0]).await;
    follower.hear_until(1, Cut::Never).await;
    let mut booked = Vec::new();
    let healthy = follower.median_wait(&admin, usual, &mut booked).await;

    go(&mut redis);
    let gone = Instant::now();
    wait_until("the outage is told", async || app.readiness(&other).await["redis"] == "away").await;
    let noticed = gone.elapsed();
    for time in meanwhile {
        booked.push(time.book(&admin, booked.len() + 1).await);
    }
    follower.hear_until(booked.len() + 1, Cut::Never).await;
    tokio::time::sleep(LONG.saturating_sub(gone.elapsed())).await;

    come_back(&mut redis);
    let back = Instant::now();
    redis.wait_for_listeners(3).await;
    wait_until("its end is told", async || app.readiness(&other).await["redis"] == "connected").await;
    let returned = back.elapsed();
    let healed = follower.median_wait(&admin, &after[..9], &mut booked).await;
    println!("p50 {healthy:?} before, outage noticed after {noticed:?}, over after {returned:?}, p50 {healed:?} again");
    follower.check(booked);
    assert!(healthy < PROMPT_MAX && healed < PROMPT_MAX, "by hints, and not by looking: {healthy:?}, {healed:?}");
    let log = app.process(Part::Worker).log();
    let told = |what: &str| log.matches(what).count();
    assert_eq!((told("Redis is away"), told("Redis is back")), (1, 1), "{log}");
}

#[tokio::test]
async fn an_outage_is_told_to_those_who_watch() {
    let mut redis = Redis::start();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let environment = vec![("MERIDIAN_METRICS__LISTEN", address.clone()), ("MERIDIAN_REDIS_URL", redis.url())];
    let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
    let is_told = async |lines: [&str; 2], readiness: &str| {
        wait_until(readiness, async || {
            let measures =
                app.http.get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap();
            lines.iter().all(|wanted| measures.lines().any(|line| line == *wanted))
                && app.readiness(&app.url).await["redis"] == readiness
        })
        .await;
    };
    // A counter is there when it has counted.
    is_told(["meridian_redis_connected 1", "# TYPE meridian_redis_connected gauge"], "connected").await;
    redis.kill();
    is_told(["meridian_redis_connected 0", "meridian_redis_outages_total 1"], "away").await;
    redis.restart();
    is_told(["meridian_redis_connected 1", "meridian_redis_outages_total 1"], "connected").await;
}

both_stores!(a_server_that_is_asked_to_stop_finishes_what_it_has_begun, async |mut app: App| {
    let admin = app.as_persona("admin");
    let token = app.as_persona("ops").token().await;
    let mut socket = Socket::open(&app.url, &token).await;
    socket.subscribe("1", FOLLOW, json!({})).await;
    socket.pong().await;
    let time = free_times(&admin).await.swap_remove(0);
    let input = time.input(1);

    // Whoever books waits for the host; so we decide when the booking can go on.
    let host: HostId = input["hostId"].as_str().unwrap().parse().unwrap();
    let lock = app.database.begin(app.manifest.workspaces["acme"].id).await.unwrap();
    lock_hosts(&lock, &[host]).await.unwrap();
    let mut booking = begin_booking(&app, input).await;

    let mut process = app.terminate(Part::Api);
    assert_eq!(socket.close_code().await, 1001);
    drop(lock);
    let mut answer = String::new();
    booking.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains(r#"{"data":{"bookMeeting":{"meeting":{"status":"CONFIRMED"}}}"#), "{answer}");
    assert!(process.ended().await.success(), "{}", process.log());
});

/// Sends a booking so far that the server has begun with it: it has said `100 Continue` (RFC 9110 §10.1.1), which it
/// says when the handler asks for the body.
async fn begin_booking(app: &App, mut input: Value) -> TcpStream {
    input["idempotencyKey"] = json!("in-flight");
    let query = "mutation ($input: BookMeetingInput!) { bookMeeting(input: $input) { meeting { status } } }";
    let body = json!({"query": query, "variables": {"input": input}}).to_string();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: meridian.test\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
        app.as_persona("admin").token().await,
        body.len()
    );
    let mut stream = TcpStream::connect(app.url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let expected = b"HTTP/1.1 100 Continue\r\n\r\n";
    let mut interim = vec![0; expected.len()];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(interim, expected);
    stream.write_all(body.as_bytes()).await.unwrap();
    stream
}

//! Redis stops, dies and comes back while people book and listen; a server is asked to stop while somebody books.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

use domain::ids::HostId;
use persistence::availability::lock_hosts;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::socket::Socket;
use super::{Cut, FOLLOW, Follower};
use crate::leads::free_times;
use crate::support::{App, Part, Store, Wishes, redis_server_program, wait_until};

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

/// A Redis of the test's own.
struct Redis {
    port: u16,
    folder: tempfile::TempDir,
    child: Child,
}

impl Redis {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let child = Self::spawn(port, &folder);
        Self { port, folder, child }
    }

    fn spawn(port: u16, folder: &tempfile::TempDir) -> Child {
        Command::new(redis_server_program())
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn restart(&mut self) {
        self.child = Self::spawn(self.port, &self.folder);
    }

    /// Waits until so many processes listen for hints.
    async fn wait_for_listeners(&self, count: u64) {
        let client = redis::Client::open(self.url()).unwrap();
        wait_until("every process listens at Redis", async || {
            let Ok(mut connection) = client.get_multiplexed_async_connection().await else { return false };
            let asked = redis::cmd("PUBSUB").arg("NUMSUB").arg("meridian:hints").query_async(&mut connection).await;
            let (_, listeners): (String, u64) = asked.unwrap();
            listeners == count
        })
        .await;
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Streams over server-sent events, as npm's `graphql-sse` and `eventsource` follow them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::node_script;
use crate::leads::{FreeTime, free_times};
use crate::support::{App, PATIENCE, Part, Store, Wishes};

/// What is revoked anywhere is refused everywhere within this time.
const REVOKED_WITHIN: Duration = Duration::from_secs(5);

/// A script that follows, and what it says.
struct Follower {
    child: Child,
    said: mpsc::UnboundedReceiver<String>,
}

impl Follower {
    async fn begin(app: &App, client: &str, count: usize) -> Self {
        let token = app.as_persona("admin").token().await;
        let given = json!({"client": client, "url": format!("{}/graphql", app.url), "token": token, "count": count});
        let mut node = node_script(app, "follower.mjs");
        node.arg(given.to_string()).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = node.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (saying, said) = mpsc::unbounded_channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| saying.send(line)));
        let mut follower = Self { child, said };
        follower.says("connected").await;
        follower
    }

    /// The next line; `None` when there are no more.
    async fn line(&mut self) -> Option<String> {
        timeout(PATIENCE, self.said.recv()).await.expect("the script says something")
    }

    async fn says(&mut self, expected: &str) {
        assert_eq!(self.line().await.as_deref(), Some(expected));
    }

    /// So many events, whatever else is said between them.
    async fn events(&mut self, count: usize) -> Vec<i64> {
        let mut heard = Vec::new();
        while heard.len() < count {
            let line = self.line().await.expect("the script goes on");
            heard.extend(line.strip_prefix("event ").map(|sequence| sequence.parse::<i64>().unwrap()));
            assert!(!line.starts_with("refused") && line != "complete", "{line}");
        }
        heard
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An instance that is at one address before and after it is killed.
async fn fixed(store: Store) -> App {
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let environment = vec![("MERIDIAN_LISTEN", address.to_string())];
    App::start_with(store, Wishes { environment, ..Wishes::default() }).await
}

async fn book(app: &App, times: &[FreeTime], number: usize) {
    times[number].book(&app.as_persona("admin"), number).await;
    app.settled().await;
}

/// How many events the log holds.
async fn length(app: &App) -> i64 {
    let document = "{ events(first: 100) { nodes { sequence } pageInfo { hasNextPage } } }";
    let data = app.as_persona("admin").gql(document, json!({})).await;
    assert_eq!(data["events"]["pageInfo"]["hasNextPage"], false);
    data["events"]["nodes"].as_array().unwrap().last().map_or(0, |event: &Value| event["sequence"].as_i64().unwrap())
}

/// Follows over two deaths of the server; whatever happened meanwhile is heard once and in order.
async fn check_resumes(client: &str, store: Store) {
    let mut app = fixed(store).await;
    let times = free_times(&app.as_persona("admin")).await;
    let before = length(&app).await;
    let mut follower = Follower::begin(&app, client, usize::MAX).await;
    let mut heard = Vec::new();
    for round in 0..2 {
        book(&app, &times, 2 * round).await;
        let news = length(&app).await - before;
        heard.extend(follower.events(usize::try_from(news).unwrap() - heard.len()).await);
        app.kill9(Part::Api);
        app.start_missing().await;
        book(&app, &times, 2 * round + 1).await;
    }
    let news = length(&app).await - before;
    heard.extend(follower.events(usize::try_from(news).unwrap() - heard.len()).await);
    assert_eq!(heard, (before + 1..=before + news).collect::<Vec<_>>(), "{client}");
}

#[tokio::test]
async fn graphql_sse_resumes_after_the_server_was_killed() {
    check_resumes("graphql-sse", Store::Postgres).await;
}

#[tokio::test]
async fn eventsource_resumes_after_the_server_was_killed() {
    check_resumes("eventsource", Store::Sqlite).await;
}

#[tokio::test]
async fn a_revoked_token_ends_its_streams_at_every_server() {
    let mut app = App::start(Store::Postgres).await;
    let mut near = Follower::begin(&app, "graphql-sse", usize::MAX).await;
    let here = std::mem::take(&mut app.url);
    app.url = app.another_api().await;
    let mut far = Follower::begin(&app, "graphql-sse", usize::MAX).await;
    let persona = &app.manifest.personas["admin"];
    let form = [("token", app.as_persona("admin").token().await)];
    let request = app.http.post(format!("{here}/oauth/revoke")).form(&form);
    let request = request.basic_auth(persona.client_id.to_string(), Some(&persona.client_secret));
    let begun = Instant::now();
    assert_eq!(request.send().await.unwrap().status(), 200);
    for follower in [&mut near, &mut far] {
        follower.says("refused UNAUTHENTICATED").await;
        follower.says("complete").await;
    }
    assert!(begun.elapsed() < REVOKED_WITHIN, "{:?}", begun.elapsed());
}

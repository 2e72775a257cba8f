//! What a client sees when a fake misbehaves on purpose, down to the bytes on the socket.

#![expect(clippy::unwrap_used, reason = "a test ends where its stage cannot be set")]

use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::ids::IdSource;
use domain::operation::Edge;
use reqwest::{Client, Response};
use sandbox::fakes::hubspot::{self, HubSpotFake, Settings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

const CONTACTS: &str = "/crm/v3/objects/contacts";

struct Fake {
    url: String,
    client: Client,
}

impl Fake {
    async fn start(settings: Settings) -> Self {
        let now: DateTime<Utc> = "2026-11-02T08:00:00Z".parse().unwrap();
        let fake = HubSpotFake::open(settings, Edge::new(move || now, IdSource::new(|_| Uuid::nil()))).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(hubspot::serve(listener, fake, std::future::pending()));
        let client = Client::builder().timeout(Duration::from_secs(1)).no_proxy().build().unwrap();
        Self { url, client }
    }

    async fn with(fault: Value) -> Self {
        let fake = Self::start(Settings::new("t")).await;
        let script = json!({"faults": [fault]});
        let answer = fake.client.post(format!("{}/_fake/faults", fake.url)).json(&script).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        fake
    }

    async fn create(&self, email: &str) -> reqwest::Result<Response> {
        let body = json!({"properties": {"email": email}});
        self.client.post(format!("{}{CONTACTS}", self.url)).bearer_auth("t").json(&body).send().await
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.url);
        self.client.get(url).bearer_auth("t").send().await.unwrap().json().await.unwrap()
    }

    async fn count(&self) -> usize {
        self.get("/_fake/objects/contacts").await["results"].as_array().unwrap().len()
    }

    async fn release(&self) {
        self.client.post(format!("{}/_fake/release", self.url)).send().await.unwrap();
    }
}

/// One fault, one request: its status (`None`: no answer), and how many contacts there are afterwards.
async fn check(fault: Value, status: Option<u16>, contacts: usize) {
    let fake = Fake::with(fault.clone()).await;
    let answer = fake.create("ann@example.com").await;
    assert_eq!(answer.ok().map(|answer| answer.status().as_u16()), status, "{fault}");
    assert_eq!(fake.count().await, contacts, "{fault}");
    assert_eq!(fake.get("/_fake/faults").await, json!({"faults": []}), "{fault}");
}

#[tokio::test]
async fn each_fault_does_what_it_says() {
    check(json!({"fault": "status", "status": 503}), Some(503), 0).await;
    check(json!({"fault": "status", "status": 503, "act": "first"}), Some(503), 1).await;
    check(json!({"fault": "drop_before"}), None, 0).await;
    check(json!({"fault": "drop_after_commit"}), None, 1).await;
    check(json!({"fault": "delay", "delay_ms": 20}), Some(201), 1).await;
    check(json!({"fault": "delay", "delay_ms": 5000}), None, 1).await;
    check(json!({"fault": "hold"}), None, 1).await;
    check(json!({"fault": "hold", "act": "never"}), None, 0).await;
}

#[tokio::test]
async fn a_dropped_connection_sends_not_one_byte() {
    let fake = Fake::with(json!({"fault": "drop_after_commit"})).await;
    let mut socket = TcpStream::connect(fake.url.trim_start_matches("http://")).await.unwrap();
    let body = r#"{"properties":{"email":"ann@example.com"}}"#;
    let head = format!(
        "POST {CONTACTS} HTTP/1.1\r\nhost: fake\r\nauthorization: Bearer t\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all((head + body).as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut received)).await;
    assert!(end.is_ok(), "the connection must be closed");
    assert_eq!(String::from_utf8_lossy(&received), "");
    assert_eq!(fake.count().await, 1);
}

#[tokio::test]
async fn a_request_that_took_effect_late_did_so_after_its_client_had_gone() {
    let fake = Fake::with(json!({"fault": "hold", "act": "late"})).await;
    assert!(fake.create("ann@example.com").await.unwrap_err().is_timeout());
    assert_eq!(fake.count().await, 0);
    fake.release().await;
    while fake.get("/_fake/log").await["requests"][0]["status"] != 201 {
        tokio::task::yield_now().await;
    }
    assert_eq!(fake.count().await, 1);
}

#[tokio::test]
async fn the_burst_limit_is_told_and_kept() {
    let fake = Fake::start(Settings { requests_per_ten_seconds: 2, ..Settings::new("t") }).await;
    let first = fake.create("a@example.com").await.unwrap();
    assert_eq!(first.headers()["x-hubspot-ratelimit-remaining"], "1");
    fake.create("b@example.com").await.unwrap();
    let third = fake.create("c@example.com").await.unwrap();
    assert_eq!(third.status(), 429);
    assert_eq!(third.json::<Value>().await.unwrap()["policyName"], "TEN_SECONDLY_ROLLING");
    assert_eq!(fake.count().await, 2);
}

#[tokio::test]
async fn what_was_answered_is_on_disk_and_what_failed_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |path: &Path| Settings { state: Some(path.join("hubspot")), ..Settings::new("t") };
    let first = Fake::start(settings(folder.path())).await;
    first.create("ann@example.com").await.unwrap();
    let both =
        json!({"inputs": [{"properties": {"email": "bob@example.com"}}, {"properties": {"email": "ann@example.com"}}]});
    let url = format!("{}{CONTACTS}/batch/create", first.url);
    let batch = first.client.post(url).bearer_auth("t").json(&both).send().await.unwrap();
    assert_eq!(batch.status(), 409);

    // The first process is not asked to end: a killed one would not be either.
    let second = Fake::start(settings(folder.path())).await;
    assert_eq!(second.count().await, 1);
    assert_eq!(second.create("ann@example.com").await.unwrap().status(), 409);
    assert_eq!(second.create("bob@example.com").await.unwrap().status(), 201);
}

//! The API on a store of its own, in one thread whose processor time can be read.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use api::{Api, ApiConfig, Limits, ServingConfig};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::DateTime;
use commands::Stores;
use domain::access::Grants;
use domain::contacts::CountryCode;
use domain::ids::{IdSource, WorkspaceId};
use domain::operation::Edge;
use domain::time::Zone;
use domain::webhooks::endpoint::AddressPolicy;
use domain::workspaces::{Client, ClientCredential, Workspace, secret_digest};
use persistence::bus::Bus;
use persistence::{Database, Sealer};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::corpus::Attack;

const SECRET: &str = "harbour";

pub struct Victim {
    address: SocketAddr,
    token: String,
    thread: u64,
    stop: CancellationToken,
}

/// What was said to an attack: its code, `-` without one.
pub struct Answer {
    pub code: String,
    pub text: String,
}

impl Victim {
    pub fn start() -> Self {
        let (told, hear) = mpsc::channel();
        let stop = CancellationToken::new();
        let shutdown = stop.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let ((api, _folder), client) = api().await;
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send((listener.local_addr().unwrap(), client, thread())).unwrap();
                ::api::serve(listener, api, shutdown).await.unwrap();
            });
        });
        let (address, client, thread) = hear.recv().unwrap();
        let mut victim = Self { address, token: String::new(), thread, stop };
        let body = b"grant_type=client_credentials";
        let authorization = format!("Basic {}", BASE64_STANDARD.encode(format!("{client}:{SECRET}")));
        let form = [("content-type", "application/x-www-form-urlencoded"), ("authorization", &*authorization)];
        let granted: Value = serde_json::from_str(&victim.exchange("/oauth/token", &form, body)).unwrap();
        granted["access_token"].as_str().unwrap_or_else(|| panic!("{granted}")).clone_into(&mut victim.token);
        victim
    }

    pub fn send(&self, attack: &Attack) -> Answer {
        let authorization = format!("Bearer {}", self.token);
        let mut headers = vec![("content-type", "application/json"), ("authorization", &*authorization)];
        headers.extend(attack.header);
        let text = self.exchange("/graphql", &headers, &attack.body);
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        let first = if body.is_array() { &body[0] } else { &body };
        let code = first["errors"][0]["extensions"]["code"].as_str().unwrap_or("-").to_owned();
        Answer { code, text }
    }

    /// Processor time that the thread of the server has used (`/proc/[pid]/task/[tid]/schedstat`, in nanoseconds).
    pub fn worked(&self) -> Duration {
        let told = std::fs::read_to_string(format!("/proc/self/task/{}/schedstat", self.thread)).unwrap();
        Duration::from_nanos(told.split(' ').next().unwrap().parse().unwrap())
    }

    /// One request on a connection of its own; the body of the answer. A server that does not want the rest of a body
    /// may answer before it was sent.
    fn exchange(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let mut head =
            format!("POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).unwrap();
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        answer.split_once("\r\n\r\n").map(|(_, body)| unchunked(body)).unwrap_or_default()
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A body whose length was not known comes in pieces (RFC 9112 §7.1); ours have one at most.
fn unchunked(body: &str) -> String {
    if body.starts_with(['{', '[']) {
        return body.to_owned();
    }
    body.lines().filter(|line| usize::from_str_radix(line, 16).is_err()).collect()
}

fn thread() -> u64 {
    let path = std::fs::read_link("/proc/thread-self").unwrap();
    path.file_name().unwrap().to_str().unwrap().parse().unwrap()
}

/// Nothing is fetched here.
struct NoDocuments;

#[async_trait::async_trait]
impl domain::workspaces::Documents for NoDocuments {
    async fn fetch(&self, url: &str) -> Result<serde_json::Value, String> {
        Err(format!("{url} is not asked for in these tests"))
    }
}

/// The API, its client's id, and what has to outlive it.
async fn api() -> ((Api, tempfile::TempDir), String) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::connect(&format!("sqlite:{}/m.db", folder.path().display()), 2).await.unwrap();
    database.migrate().await.unwrap();
    let counter = std::sync::atomic::AtomicU64::new(1);
    let next = move |_| uuid::Uuid::from_u128(counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed).into());
    let edge = Edge::new(|| DateTime::UNIX_EPOCH, IdSource::new(next));
    let workspace: WorkspaceId = edge.new_id();
    let tx = database.begin(workspace).await.unwrap();
    let phone_region = CountryCode::parse("GB").unwrap();
    let row = Workspace { id: workspace, name: "Acme".to_owned(), phone_region, zone: Zone::utc() };
    persistence::workspaces::insert(&tx, &row, &edge).await.unwrap();
    let client = Client {
        id: edge.new_id(),
        workspace,
        name: "hostile".to_owned(),
        scopes: Grants::all(),
        host: None,
        redirect_uris: Vec::new(),
    };
    let credential = ClientCredential::Secret(secret_digest(SECRET));
    persistence::workspaces::insert_client(&tx, &client, credential, edge.now()).await.unwrap();
    tx.commit().await.unwrap();
    let config = ApiConfig {
        public_url: "http://m.example".to_owned(),
        secret: [7; 32],
        sandbox: None,
        webhooks: AddressPolicy::PublicOnly,
        new_secret: String::new,
        new_signing_secret: |_| String::new(),
        documents: Arc::new(NoDocuments),
        serving: ServingConfig::default(),
        // What is tried here is not how often somebody may try.
        limits: Limits { introspection: true, suggestions: false, ..Limits::for_development() },
    };
    let stores = Stores { database, bus: Bus::in_process() };
    let sealer = Sealer::new(&[7; 32], || [9; 24]);
    ((Api { stores, sealer, edge, config }, folder), client.id.to_string())
}

//! A partner's receiver: it repeats challenges, answers as it is told, and remembers what it heard.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// One request, and what it was answered.
#[derive(Debug, Clone)]
pub struct Heard {
    pub headers: HashMap<String, String>,
    pub body: String,
    pub status: u16,
    pub at: Instant,
}

impl Heard {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// How a request is answered.
#[derive(Debug, Clone)]
pub struct Told {
    pub status: u16,
    pub header: &'static str,
    pub body: String,
    /// How long it hesitates.
    pub after: Duration,
    /// Whether it waits for [`Receiver::let_go`].
    pub is_held: bool,
}

impl Told {
    pub fn status(status: u16) -> Self {
        Self { status, header: "x-nothing: 1", body: String::new(), after: Duration::ZERO, is_held: false }
    }

    /// Nothing is answered before the test says so.
    pub fn held(self) -> Self {
        Self { is_held: true, ..self }
    }
}

#[derive(Default)]
struct Kept {
    heard: Vec<Heard>,
    script: VecDeque<Told>,
    echoes_wrongly: bool,
}

/// A receiver on a port of its own.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    kept: Arc<Mutex<Kept>>,
    gate: Arc<Semaphore>,
    holds_replays: Arc<watch::Sender<bool>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver =
            Self { url, kept: Arc::default(), gate: Arc::new(Semaphore::new(0)), holds_replays: Arc::default() };
        let served = receiver.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(served.clone().serve(socket));
            }
        });
        receiver
    }

    /// Answers the next messages so; after them, and to challenges, 200.
    pub fn script(&self, told: impl IntoIterator<Item = Told>) {
        self.kept.lock().unwrap().script.extend(told);
    }

    /// Hears replayed messages, and answers none of them until [`Receiver::let_replays_go`].
    pub fn hold_replays(&self) {
        self.holds_replays.send_replace(true);
    }

    /// Ends [`Receiver::hold_replays`].
    pub fn let_replays_go(&self) {
        self.holds_replays.send_replace(false);
    }

    /// Answers challenges with something else from now on.
    pub fn echo_wrongly(&self) {
        self.kept.lock().unwrap().echoes_wrongly = true;
    }

    /// Lets so many held requests be answered.
    pub fn let_go(&self, many: usize) {
        self.gate.add_permits(many);
    }

    /// What it was told so far but challenges, by id: on a busy machine a lease may end, and a message comes twice.
    pub fn told(&self) -> BTreeSet<String> {
        self.heard().into_iter().map(|mut heard| heard.headers.remove("webhook-id").unwrap()).collect()
    }

    /// Everything so far but challenges.
    pub fn heard(&self) -> Vec<Heard> {
        let heard = self.kept.lock().unwrap().heard.clone();
        heard.into_iter().filter(|heard| heard.json()["type"] != "endpoint.verification").collect()
    }

    /// Challenges so far.
    pub fn challenges(&self) -> Vec<Heard> {
        let heard = self.kept.lock().unwrap().heard.clone();
        heard.into_iter().filter(|heard| heard.json()["type"] == "endpoint.verification").collect()
    }

    async fn serve(self, mut socket: TcpStream) {
        let Some((headers, body)) = read(&mut socket).await else { return };
        let told = self.answer(&body);
        let is_replayed = headers.contains_key("meridian-replay");
        self.kept.lock().unwrap().heard.push(Heard { headers, body, status: told.status, at: Instant::now() });
        if is_replayed {
            self.holds_replays.subscribe().wait_for(|holds| !holds).await.unwrap();
        }
        tokio::time::sleep(told.after).await;
        if told.is_held {
            self.gate.acquire().await.unwrap().forget();
        }
        let Told { status, header, body, .. } = told;
        let length = body.len();
        let text =
            format!("HTTP/1.1 {status} X\r\n{header}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
        // A sender that has hung up is what some tests are about.
        let _ = socket.write_all(text.as_bytes()).await;
    }

    fn answer(&self, body: &str) -> Told {
        let message: Value = serde_json::from_str(body).unwrap();
        let mut kept = self.kept.lock().unwrap();
        if message["type"] == "endpoint.verification" {
            let body = if kept.echoes_wrongly { "{}".to_owned() } else { message["data"].to_string() };
            return Told { body, ..Told::status(200) };
        }
        kept.script.pop_front().unwrap_or_else(|| Told::status(200))
    }
}

async fn read(socket: &mut TcpStream) -> Option<(HashMap<String, String>, String)> {
    let mut bytes = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let count = socket.read(&mut chunk).await.ok()?;
        bytes.extend_from_slice(&chunk[..count]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let fields = head.lines().skip(1).filter_map(|line| line.split_once(": "));
            let headers: HashMap<String, String> =
                fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
            if body.len() >= headers["content-length"].parse::<usize>().unwrap() {
                return Some((headers, body.to_owned()));
            }
        }
        if count == 0 {
            return None;
        }
    }
}

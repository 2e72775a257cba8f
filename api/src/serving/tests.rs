//! Clients who are slow, silent or too many, over real sockets.

use std::time::{Duration, Instant};

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::*;

const PATIENCE: Duration = Duration::from_millis(300);

struct Server {
    address: SocketAddr,
    shutdown: CancellationToken,
    ended: JoinHandle<io::Result<()>>,
}

/// `/` answers at once, `/slow` after `PATIENCE`, `/never` never.
async fn server(connections_max: usize) -> Server {
    let router = Router::new()
        .route("/", get(|| async { "here" }))
        .route(
            "/slow",
            get(|| async {
                tokio::time::sleep(PATIENCE).await;
                "late"
            }),
        )
        .route("/never", get(std::future::pending::<&'static str>));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let config = ServingConfig {
        connections_max,
        head_timeout: PATIENCE,
        drain_timeout: 2 * PATIENCE,
        ..ServingConfig::default()
    };
    let ended = tokio::spawn(serve(listener, router, config, shutdown.clone()));
    Server { address, shutdown, ended }
}

impl Server {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Says something, and hears everything until the server closes.
    async fn hear(&self, text: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        rest(stream).await
    }
}

async fn rest(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut heard)).await;
    // A reset is an end, too.
    let _ = read.expect("the server closes the connection");
    String::from_utf8_lossy(&heard).into_owned()
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: m.example\r\n\r\n")
}

#[tokio::test]
async fn whoever_keeps_us_waiting_is_let_go() {
    let server = server(100).await;
    let check = async |what: &str, said: &str, answered: bool| {
        let heard = server.hear(said).await;
        assert_eq!(heard.contains("200 OK"), answered, "{what}: {heard}");
    };
    check("silence", "", false).await;
    check("a byte that may begin either version", "P", false).await;
    check("half of HTTP/2's preface", "PRI * HTTP/2.0\r\n", false).await;
    check("a head without an end", "GET / HTTP/1.1\r\nhost:", false).await;
    check("a request, then nothing", &request("/"), true).await;
    check("a request, then half of one", &format!("{}GET", request("/")), true).await;
    check("one that takes as long as the patience", &request("/slow"), true).await;
}

#[tokio::test]
async fn one_connection_more_than_there_are_places_is_dropped_and_a_place_comes_back() {
    let server = server(1).await;
    let mut first = server.connect().await;
    first.write_all(request("/").as_bytes()).await.unwrap();
    let mut answer = [0; 15];
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    assert_eq!(server.hear(&request("/")).await, "");
    drop(first);
    let begun = Instant::now();
    while !server.hear(&request("/")).await.contains("200 OK") {
        assert!(begun.elapsed() < Duration::from_secs(10), "the place does not come back");
    }
}

#[tokio::test]
async fn a_stopping_server_answers_what_it_was_asked_and_waits_for_nothing_else() {
    let server = server(100).await;
    let (mut slow, mut never, idle) = (server.connect().await, server.connect().await, server.connect().await);
    slow.write_all(request("/slow").as_bytes()).await.unwrap();
    never.write_all(request("/never").as_bytes()).await.unwrap();
    tokio::time::sleep(PATIENCE / 3).await;
    server.shutdown.cancel();
    assert!(rest(slow).await.ends_with("late"));
    assert_eq!(rest(idle).await, "");
    assert_eq!(rest(never).await, "", "what never ends is cut after the drain");
    let ended = tokio::time::timeout(Duration::from_secs(10), server.ended).await;
    ended.expect("the server ends").unwrap().unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}

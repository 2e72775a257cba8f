//! Every close code of the WebSocket transport.

use std::time::Duration;

use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use api::gateway::SocketConfig;

use crate::peer::{Peer, Server};

async fn server() -> Server {
    Server::start(SocketConfig::default()).await
}

/// Says one thing after the introduction and expects the socket to be closed for it.
async fn check_closed(said: Message, expected: &str) {
    let mut peer = server().await.ready("good").await;
    peer.say_raw(said).await;
    peer.hears(expected).await;
}

async fn check_refused(token: &str, expected: &str) {
    let mut peer = server().await.connect().await;
    peer.init(token).await;
    peer.hears(expected).await;
}

/// Skips what is in flight until the socket is closed.
async fn last_words(peer: &mut Peer) -> String {
    loop {
        let heard = peer.hear().await;
        if !heard.starts_with('{') && heard != "ping" {
            return heard;
        }
    }
}

#[tokio::test]
async fn invalid_messages_4400() {
    let text = Message::text::<&str>;
    check_closed(text("?"), "4400 Invalid message: expected value at line 1 column 1").await;
    check_closed(text(r#"{"type":"complete"}"#), "4400 Invalid message: missing field `id`").await;
    let wrong = r#"{"type":"subscribe","id":"a","payload":{"query":7}}"#;
    check_closed(text(wrong), r#"4400 Invalid message: "query" must be a string."#).await;
    check_closed(Message::binary(vec![1]), "4400 Binary messages are not part of the protocol").await;
    let long = format!(r#"{{"type":"ping","payload":{{"x":"{}"}}}}"#, "x".repeat(70 * 1024));
    check_closed(text(&long), "4400 Unreadable message: too long, not UTF-8, or not a valid frame").await;
}

#[tokio::test]
async fn a_subscription_before_the_acknowledgement_4401() {
    let mut peer = server().await.connect().await;
    peer.subscribe("a", "{ hello }").await;
    peer.hears("4401 Unauthorized").await;
}

#[tokio::test]
async fn refused_callers_4403_and_a_check_that_failed_1013() {
    check_refused("wrong", "4403 Forbidden").await;
    check_refused("not a token", "4403 Forbidden").await;
    check_refused("expired", "4403 Token expired").await;
    check_refused("down", "1013 Try again later").await;
    let mut peer = server().await.connect().await;
    peer.say(r#"{"type":"connection_init"}"#).await;
    peer.hears("4403 Forbidden").await;
}

#[tokio::test]
async fn a_session_that_ends_ends_its_socket_4403() {
    let server = server().await;
    let gates = server.toy.gates.clone();
    for (token, expected) in [("short", "4403 Token expired"), ("revocable", "4403 Session revoked")] {
        let mut peer = server.ready(token).await;
        peer.subscribe("s", "subscription { quiet }").await;
        assert!(peer.hear().await.contains(r#""quiet":1"#));
        if token == "revocable" {
            gates.revoke.notify_one();
        }
        peer.hears(expected).await;
        timeout(Duration::from_secs(5), gates.stream_dropped.notified()).await.expect("the stream is let go");
    }
}

#[tokio::test]
async fn another_subprotocol_4406() {
    let server = server().await;
    let mut peer = server.connect_with(&[]).await.unwrap();
    peer.hears("4406 Subprotocol not acceptable").await;
}

#[tokio::test]
async fn no_introduction_in_time_4408() {
    let config = SocketConfig { init_timeout: Duration::from_millis(100), ..SocketConfig::default() };
    let server = Server::start(config).await;
    server.connect().await.hears("4408 Connection initialisation timeout").await;
    let mut peer = server.connect().await;
    peer.init("slow").await;
    peer.hears("4408 Connection initialisation timeout").await;
}

#[tokio::test]
async fn the_same_id_twice_4409() {
    let mut peer = server().await.ready("good").await;
    peer.subscribe("s", "subscription { quiet }").await;
    assert!(peer.hear().await.contains(r#""quiet":1"#));
    peer.subscribe("s", "{ hello }").await;
    peer.hears("4409 Subscriber for s already exists").await;
    let id = "é".repeat(64);
    let mut peer = server().await.ready("good").await;
    peer.subscribe(&id, "subscription { quiet }").await;
    assert!(peer.hear().await.contains(r#""quiet":1"#));
    peer.subscribe(&id, "{ hello }").await;
    let cut = format!("4409 Subscriber for {}", "é".repeat(54));
    peer.hears(&cut).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_4413() {
    let limit = Duration::from_millis(200);
    let config =
        SocketConfig { write_timeout: limit, close_timeout: Duration::from_secs(5), ..SocketConfig::default() };
    let server = Server::start(config).await;
    let mut peer = server.ready("good").await;
    peer.subscribe("s", "subscription { flood }").await;
    let dropped = server.toy.gates.stream_dropped.notified();
    timeout(Duration::from_secs(10), dropped).await.expect("the stream is let go");
    assert_eq!(last_words(&mut peer).await, "4413 Reading too slowly; resume");
}

#[tokio::test]
async fn a_second_introduction_4429() {
    let mut peer = server().await.ready("good").await;
    peer.init("good").await;
    peer.hears("4429 Too many initialisation requests").await;
}

#[tokio::test]
async fn a_client_that_does_not_answer_pings_4499() {
    let config = SocketConfig { ping_interval: Duration::from_millis(50), ..SocketConfig::default() };
    let server = Server::start(config).await;
    let mut peer = server.ready("good").await;
    peer.subscribe("s", "subscription { quiet }").await;
    let dropped = server.toy.gates.stream_dropped.notified();
    timeout(Duration::from_secs(5), dropped).await.expect("the stream is let go");
    assert_eq!(last_words(&mut peer).await, "4499 No answer to pings");
}

#[tokio::test]
async fn a_resolver_that_panics_ends_its_operation_and_a_stream_that_does_4500() {
    let mut peer = server().await.ready("good").await;
    for (id, query) in [("q", "{ panics }"), ("m", "mutation { panics }")] {
        peer.subscribe(id, query).await;
        let heard = peer.hear().await;
        assert!(heard.starts_with(&format!(r#"{{"id":"{id}","type":"error""#)), "{heard}");
        assert!(heard.contains(r#""code":"INTERNAL""#), "{heard}");
    }
    peer.subscribe("s", "subscription { breaks }").await;
    peer.hears("4500 Internal server error").await;
}

#[tokio::test]
async fn a_server_that_stops_1001() {
    let server = server().await;
    let mut peer = server.ready("good").await;
    server.config.shutdown.cancel();
    peer.hears("1001 resume elsewhere").await;
    drop(peer);
    server.config.work.close();
    timeout(Duration::from_secs(5), server.config.work.wait()).await.expect("no socket is left");
}

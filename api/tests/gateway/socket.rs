//! GraphQL over WebSocket while all goes well: operations, their answers, and their end.

use std::time::Duration;

use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use api::gateway::{GatewayConfig, SocketConfig};

use crate::peer::Server;

const OURS: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

async fn server() -> Server {
    Server::start(SocketConfig::default()).await
}

#[tokio::test]
async fn queries_and_mutations_are_answered_once() {
    let mut peer = server().await.ready("good").await;
    peer.subscribe("q", "{ hello }").await;
    peer.hears(
        r#"{"id":"q","type":"next","payload":{"data":{"hello":"hello world"},"extensions":{"correlationId":"toy"}}}"#,
    )
    .await;
    peer.hears(r#"{"id":"q","type":"complete"}"#).await;
    peer.subscribe("q", "mutation { ping }").await;
    peer.hears(r#"{"id":"q","type":"next","payload":{"data":{"ping":true},"extensions":{"correlationId":"toy"}}}"#)
        .await;
    peer.hears(r#"{"id":"q","type":"complete"}"#).await;
}

#[tokio::test]
async fn a_subscription_sends_its_events_in_order_and_completes() {
    let mut peer = server().await.ready("good").await;
    peer.subscribe("s", "subscription { count(to: 3) }").await;
    for n in 0..3 {
        let event = format!(r#"{{"data":{{"count":{n}}},"extensions":{{"correlationId":"toy"}}}}"#);
        peer.hears(&format!(r#"{{"id":"s","type":"next","payload":{event}}}"#)).await;
    }
    peer.hears(r#"{"id":"s","type":"complete"}"#).await;
}

#[tokio::test]
async fn events_that_were_serialised_before_are_passed_on_as_they_are() {
    let mut peer = server().await.ready("good").await;
    peer.say(r#"{"type":"subscribe","id":"s","payload":{"query":"subscription Shared { count(to: 1) }","operationName":"Shared"}}"#).await;
    peer.hears(r#"{"id":"s","type":"next","payload":{"data":{"count":7}}}"#).await;
    peer.hears(r#"{"id":"s","type":"next","payload":{"data":{"count":7}}}"#).await;
    peer.hears(r#"{"id":"s","type":"complete"}"#).await;
}

#[tokio::test]
async fn requests_that_never_ran_end_in_an_error_frame() {
    let mut peer = server().await.ready("good").await;
    for (query, message) in [
        ("{ nope }", "Unknown field"),
        ("{", "-->"),
        ("subscription { nope }", "Unknown field"),
        ("subscription { refused }", "no such cursor"),
    ] {
        peer.subscribe("e", query).await;
        let heard = peer.hear().await;
        assert!(heard.starts_with(r#"{"id":"e","type":"error","payload":[{"message":"#), "{heard}");
        assert!(heard.contains(message), "{heard}");
    }
    peer.subscribe("f", "{ fails }").await;
    let failed = r#"{"errors":[{"message":"on purpose","locations":[{"line":1,"column":3}],"path":["fails"]}],"data":null,"extensions":{"correlationId":"toy"}}"#;
    peer.hears(&format!(r#"{{"id":"f","type":"next","payload":{failed}}}"#)).await;
    peer.hears(r#"{"id":"f","type":"complete"}"#).await;
}

#[tokio::test]
async fn a_client_may_name_its_own_correlation_id() {
    let mut peer = server().await.ready("good").await;
    peer.say(r#"{"type":"subscribe","id":"q","payload":{"query":"{ hello }","extensions":{"correlationId":"mine"}}}"#)
        .await;
    let heard = peer.hear().await;
    assert!(heard.contains(r#""correlationId":"mine""#), "{heard}");
}

#[tokio::test]
async fn the_token_may_come_with_the_upgrade() {
    let server = server().await;
    let mut peer = server.connect_with(&[OURS, ("authorization", "Bearer good")]).await.unwrap();
    peer.say(r#"{"type":"connection_init"}"#).await;
    peer.hears(r#"{"type":"connection_ack"}"#).await;
}

#[tokio::test]
async fn complete_stops_a_stream_at_once_and_frees_its_id() {
    let server = server().await;
    let mut peer = server.ready("good").await;
    peer.subscribe("s", "subscription { quiet }").await;
    assert!(peer.hear().await.contains(r#""quiet":1"#));
    peer.say(r#"{"type":"complete","id":"s"}"#).await;
    let dropped = server.toy.gates.stream_dropped.notified();
    timeout(Duration::from_secs(5), dropped).await.expect("the stream is let go");
    peer.subscribe("s", "{ hello }").await;
    assert!(peer.hear().await.contains("hello world"));
}

#[tokio::test]
async fn a_busy_stream_does_not_starve_others_on_the_same_socket() {
    let mut peer = server().await.ready("good").await;
    peer.subscribe("busy", "subscription { count(to: 2000000000) }").await;
    peer.subscribe("q", "{ hello }").await;
    let answer = async {
        loop {
            let heard = peer.hear().await;
            if heard.contains(r#""id":"q""#) {
                break heard;
            }
        }
    };
    let heard = timeout(Duration::from_secs(10), answer).await.expect("the query has its turn");
    assert!(heard.contains("hello world"), "{heard}");
}

#[tokio::test]
async fn one_socket_runs_a_limited_number_of_operations() {
    let server = Server::start(SocketConfig { operations_max: 1, ..SocketConfig::default() }).await;
    let mut peer = server.ready("good").await;
    peer.subscribe("a", "subscription { quiet }").await;
    assert!(peer.hear().await.contains(r#""id":"a""#));
    peer.subscribe("b", "{ hello }").await;
    peer.hears(
        r#"{"id":"b","type":"error","payload":[{"message":"This socket runs as many operations as it may.","extensions":{"code":"TOO_MANY_STREAMS","correlationId":"toy","docs":"/errors#too_many_streams","retryable":false}}]}"#,
    )
    .await;
}

#[tokio::test]
async fn one_process_holds_a_limited_number_of_sockets() {
    let server = Server::with(GatewayConfig { sockets_max: 1, ..GatewayConfig::default() }).await;
    let first = server.ready("good").await;
    let refused = server.connect_with(&[OURS]).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(refused, "HTTP error: 503 Service Unavailable");
    drop(first);
}

#[tokio::test]
async fn those_who_do_not_say_who_they_are_do_not_take_all_places() {
    let server = Server::with(GatewayConfig { strangers_max: 1, ..GatewayConfig::default() }).await;
    let mut stranger = server.connect_with(&[OURS]).await.unwrap();
    let refused = server.connect_with(&[OURS]).await.err().map(|error| error.to_string()).unwrap_or_default();
    assert_eq!(refused, "HTTP error: 503 Service Unavailable");
    stranger.init("good").await;
    stranger.hears(r#"{"type":"connection_ack"}"#).await;
    drop(server.ready("good").await);
}

#[tokio::test]
async fn both_kinds_of_ping_are_answered() {
    let config = SocketConfig { ping_interval: Duration::from_millis(50), ..SocketConfig::default() };
    let mut peer = Server::start(config).await.ready("good").await;
    for _ in 0..5 {
        // Hearing is also what makes the client's library answer, so the connection lives on.
        peer.hears("ping").await;
    }
    peer.say(r#"{"type":"ping","payload":{"n":1}}"#).await;
    loop {
        match peer.hear().await.as_str() {
            "ping" => {}
            heard => break assert_eq!(heard, r#"{"type":"pong","payload":{"n":1}}"#),
        }
    }
}

#[tokio::test]
async fn a_client_that_closes_is_answered() {
    let mut peer = server().await.ready("good").await;
    let frame = CloseFrame { code: 1000.into(), reason: "bye".into() };
    peer.say_raw(Message::Close(Some(frame))).await;
    peer.hears("1000 bye").await;
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_its_streams_but_not_its_mutations() {
    let server = server().await;
    let gates = server.toy.gates.clone();
    let mut peer = server.ready("good").await;
    peer.subscribe("s", "subscription { quiet }").await;
    assert!(peer.hear().await.contains(r#""quiet":1"#));
    peer.subscribe("m", "mutation { gated }").await;
    gates.started.notified().await;
    drop(peer);
    timeout(Duration::from_secs(5), gates.stream_dropped.notified()).await.expect("the stream is let go");
    gates.release.notify_one();
    timeout(Duration::from_secs(5), gates.finished.notified()).await.expect("the mutation ran to its end");
}

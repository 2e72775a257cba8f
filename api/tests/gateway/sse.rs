//! GraphQL over server-sent events.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Request, Response};
use futures_util::StreamExt;
use tokio::time::timeout;
use tower::ServiceExt;

use api::gateway::{GatewayConfig, routes};
use domain::operation::CorrelationId;

use crate::toy::Toy;

const SHARED: &str = r#"{"query":"subscription Shared { count(to: 1) }","operationName":"Shared"}"#;
const QUIET: &str = r#"{"query":"subscription { quiet }"}"#;

/// The toy, one way to reach it, and what its transports are told.
struct Server {
    toy: Toy,
    config: GatewayConfig,
    router: axum::Router,
}

fn server(config: GatewayConfig) -> Server {
    let toy = Toy::new(CorrelationId::parse("toy").unwrap());
    Server { router: routes(toy.clone(), config.clone()), toy, config }
}

fn post(token: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let builder = Request::builder().method("POST").uri("/graphql").header("content-type", "application/json");
    let builder = builder.header("authorization", format!("Bearer {token}")).header("accept", "text/event-stream");
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(Body::from(body.to_owned())).unwrap()
}

impl Server {
    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// A stream that is open.
    async fn open(&self, token: &str, body: &str) -> BodyDataStream {
        let response = self.send(post(token, &[], body)).await;
        assert_eq!(response.status(), 200);
        let mut stream = response.into_body().into_data_stream();
        assert_eq!(next(&mut stream).await.unwrap(), ":\n\n");
        stream
    }
}

/// What is written next.
async fn next(stream: &mut BodyDataStream) -> Option<String> {
    let next = timeout(Duration::from_secs(10), stream.next()).await.expect("something happens");
    next.map(|bytes| String::from_utf8(bytes.unwrap().to_vec()).unwrap())
}

/// All that is written.
async fn all(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX);
    let bytes = timeout(Duration::from_secs(10), bytes).await.expect("it ends").unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn check(request: Request<Body>, expected: &str) {
    let shown = format!("{} {} {:?}", request.method(), request.uri(), request.headers());
    let response = server(GatewayConfig::default()).send(request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8", "{shown}");
    assert_eq!(response.headers()["cache-control"], "no-store", "{shown}");
    assert_eq!((response.status().as_u16(), all(response).await.as_str()), (200, expected), "{shown}");
}

/// A refusal of the request: its status and code.
async fn check_refused(server: &Server, request: Request<Body>, status: u16, code: &str) {
    let response = server.send(request).await;
    assert_eq!(response.status().as_u16(), status);
    let told = all(response).await;
    assert!(told.contains(&format!(r#""code":"{code}""#)), "{told}");
}

#[tokio::test]
async fn a_subscription_sends_its_events_with_their_places_and_completes() {
    let event = |id: &str| format!("id: {id}\nevent: next\ndata: {{\"data\":{{\"count\":7}}}}\n\n");
    let all = |ids: [&str; 2]| format!(":\n\n{}{}event: complete\ndata:\n\n", event(ids[0]), event(ids[1]));
    check(post("good", &[], SHARED), &all(["ZTEuMQ", "ZTEuMg"])).await;
    check(post("good", &[("last-event-id", "ZTEuMg")], SHARED), &all(["ZTEuMw", "ZTEuNA"])).await;
    check(post("good", &[("last-event-id", "")], SHARED), &all(["ZTEuMQ", "ZTEuMg"])).await;

    let uri = "/graphql?query=subscription%20Shared%7Bcount(to%3A1)%7D&operationName=Shared";
    let get = Request::builder().uri(uri).header("authorization", "Bearer good").header("accept", "text/event-stream");
    check(get.body(Body::empty()).unwrap(), &all(["ZTEuMQ", "ZTEuMg"])).await;
}

#[tokio::test]
async fn results_without_a_place_are_sent_too() {
    let event = |n| {
        format!("event: next\ndata: {{\"data\":{{\"count\":{n}}},\"extensions\":{{\"correlationId\":\"toy\"}}}}\n\n")
    };
    let expected = format!(":\n\n{}{}event: complete\ndata:\n\n", event(0), event(1));
    check(post("good", &[], r#"{"query":"subscription { count(to: 2) }"}"#), &expected).await;
}

#[tokio::test]
async fn whatever_is_answered_once_is_one_event() {
    let once = |json: &str| format!("event: next\ndata: {json}\n\nevent: complete\ndata:\n\n");
    let hello = r#"{"data":{"hello":"hello world"},"extensions":{"correlationId":"toy"}}"#;
    check(post("good", &[], r#"{"query":"{ hello }"}"#), &once(hello)).await;
    let done = r#"{"data":{"ping":true},"extensions":{"correlationId":"toy"}}"#;
    check(post("good", &[], r#"{"query":"mutation { ping }"}"#), &once(done)).await;
    let unknown = r#"{"errors":[{"message":"Unknown field \"nope\" on type \"Query\".","locations":[{"line":1,"column":3}]}],"extensions":{"correlationId":"toy"}}"#;
    check(post("good", &[], r#"{"query":"{ nope }"}"#), &once(unknown)).await;
    let refused = r#"{"errors":[{"message":"no such cursor","locations":[{"line":1,"column":16}],"path":["refused"]}],"data":null,"extensions":{"correlationId":"toy"}}"#;
    let never_opened = format!(":\n\n{}", once(refused));
    check(post("good", &[], r#"{"query":"subscription { refused }"}"#), &never_opened).await;
}

#[tokio::test]
async fn a_result_is_preferred_where_both_would_do() {
    let request = post("good", &[("accept", "application/json")], r#"{"query":"{ hello }"}"#);
    let response = server(GatewayConfig::default()).send(request).await;
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    check(post("good", &[("accept", "application/json")], SHARED), &all_of_shared()).await;
}

fn all_of_shared() -> String {
    let event = |id: &str| format!("id: {id}\nevent: next\ndata: {{\"data\":{{\"count\":7}}}}\n\n");
    format!(":\n\n{}{}event: complete\ndata:\n\n", event("ZTEuMQ"), event("ZTEuMg"))
}

#[tokio::test]
async fn a_request_that_is_wrong_keeps_its_status() {
    let server = server(GatewayConfig::default());
    check_refused(&server, post("wrong", &[], QUIET), 401, "UNAUTHENTICATED").await;
    check_refused(&server, post("good", &[], "{"), 400, "BAD_REQUEST").await;
    check_refused(&server, post("good", &[("last-event-id", "7")], QUIET), 400, "CURSOR_MISMATCH").await;
    let batch = format!("[{QUIET}]");
    check_refused(&server, post("good", &[], &batch), 406, "NOT_ACCEPTABLE").await;
    check_refused(&server, post("good", &[("accept", "application/json")], &batch), 200, "BAD_REQUEST").await;
    let get = Request::builder().uri("/graphql?query=mutation%7Bping%7D").header("authorization", "Bearer good");
    let get = get.header("accept", "text/event-stream").body(Body::empty()).unwrap();
    check_refused(&server, get, 405, "METHOD_NOT_ALLOWED").await;
}

#[tokio::test]
async fn a_stream_with_nothing_to_say_shows_that_it_lives() {
    let heartbeat = Duration::from_millis(20);
    let server = server(GatewayConfig { heartbeat, ..GatewayConfig::default() });
    let mut stream = server.open("good", QUIET).await;
    assert!(next(&mut stream).await.unwrap().contains(r#""quiet":1"#));
    for _ in 0..3 {
        assert_eq!(next(&mut stream).await.unwrap(), ":\n\n");
    }
}

#[tokio::test]
async fn a_session_that_ends_ends_its_stream_for_good() {
    for (token, message) in [("short", "The access token expired."), ("revocable", "The session was revoked.")] {
        let server = server(GatewayConfig::default());
        let mut stream = server.open(token, QUIET).await;
        assert!(next(&mut stream).await.unwrap().contains(r#""quiet":1"#));
        if token == "revocable" {
            server.toy.gates.revoke.notify_one();
        }
        let last = next(&mut stream).await.unwrap();
        assert!(last.starts_with("event: next\ndata: {\"errors\":[{"), "{last}");
        assert!(last.contains(message) && last.contains(r#""code":"UNAUTHENTICATED""#), "{last}");
        assert!(last.ends_with("\n\nevent: complete\ndata:\n\n"), "{last}");
        assert_eq!(next(&mut stream).await, None);
    }
}

#[tokio::test]
async fn a_server_that_stops_leaves_the_stream_to_be_resumed() {
    let server = server(GatewayConfig::default());
    let mut stream = server.open("good", QUIET).await;
    assert!(next(&mut stream).await.unwrap().contains(r#""quiet":1"#));
    server.config.shutdown.cancel();
    assert_eq!(next(&mut stream).await, None, "no `complete`: the client is to come back");
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_its_stream_and_frees_its_place() {
    let server = server(GatewayConfig { sockets_max: 1, ..GatewayConfig::default() });
    let mut stream = server.open("good", QUIET).await;
    assert!(next(&mut stream).await.unwrap().contains(r#""quiet":1"#));
    check_refused(&server, post("good", &[], QUIET), 503, "UNAVAILABLE").await;
    drop(stream);
    let dropped = server.toy.gates.stream_dropped.notified();
    timeout(Duration::from_secs(5), dropped).await.expect("the stream is let go");
    drop(server.open("good", QUIET).await);
}

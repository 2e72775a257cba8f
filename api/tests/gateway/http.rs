//! GraphQL over HTTP.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, Response};
use tokio::time::timeout;
use tower::ServiceExt;

use api::gateway::{GatewayConfig, routes};
use domain::operation::CorrelationId;

use crate::toy::Toy;

const JSON: (&str, &str) = ("content-type", "application/json");
const GRAPHQL: (&str, &str) = ("accept", "application/graphql-response+json");
const TOKEN: (&str, &str) = ("authorization", "Bearer good");

fn toy() -> Toy {
    Toy::new(CorrelationId::parse("toy").unwrap())
}

fn post(headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    request(Method::POST, "/graphql", headers, body)
}

fn get(query: &str, headers: &[(&str, &str)]) -> Request<Body> {
    request(Method::GET, &format!("/graphql?{query}"), headers, "")
}

fn request(method: Method, uri: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let builder = Request::builder().method(method).uri(uri);
    headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value)).body(body.into()).unwrap()
}

async fn send(request: Request<Body>) -> Response<Body> {
    let config = GatewayConfig { body_bytes_max: 4096, batch_max: 3, ..GatewayConfig::default() };
    routes(toy(), config).oneshot(request).await.unwrap()
}

/// Sends and compares "status media-type body".
async fn check(request: Request<Body>, expected: &str) {
    let shown = format!("{} {} {:?}", request.method(), request.uri(), request.headers());
    let response = send(request).await;
    let media = response.headers()["content-type"].to_str().unwrap().trim_end_matches("; charset=utf-8").to_owned();
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert_eq!(format!("{status} {media} {body}"), expected, "{shown}");
}

/// A refusal of the transport: status, code and message; not retryable.
async fn check_refused(request: Request<Body>, status: u16, code: &str, message: &str) {
    let docs = code.to_ascii_lowercase();
    let error = format!(
        r#"{{"errors":[{{"message":{message:?},"extensions":{{"code":"{code}","correlationId":"toy","docs":"/errors#{docs}","retryable":false}}}}],"extensions":{{"correlationId":"toy"}}}}"#
    );
    check(request, &format!("{status} application/json {error}")).await;
}

async fn header_of(request: Request<Body>, name: &str) -> String {
    let response = send(request).await;
    response.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn queries_run_by_post_and_by_get() {
    let answer = r#"{"data":{"hello":"hello Ada"},"extensions":{"correlationId":"toy"}}"#;
    let body = r#"{"query":"query Q($n: String!) { hello(name: $n) } query R { fails }","operationName":"Q","variables":{"n":"Ada"}}"#;
    check(post(&[JSON, TOKEN], body), &format!("200 application/json {answer}")).await;
    check(post(&[JSON, TOKEN, GRAPHQL], body), &format!("200 application/graphql-response+json {answer}")).await;
    let query = "query=query%20Q(%24n%3A%20String!)%7Bhello(name%3A%24n)%7D&variables=%7B%22n%22%3A%22Ada%22%7D";
    check(get(query, &[TOKEN]), &format!("200 application/json {answer}")).await;
}

#[tokio::test]
async fn what_never_ran_has_no_data_and_a_status_that_the_media_type_allows() {
    let unknown = r#"{"errors":[{"message":"Unknown field \"nope\" on type \"Query\".","locations":[{"line":1,"column":3}]}],"extensions":{"correlationId":"toy"}}"#;
    let body = r#"{"query":"{ nope }"}"#;
    check(post(&[JSON, TOKEN], body), &format!("200 application/json {unknown}")).await;
    check(post(&[JSON, TOKEN, GRAPHQL], body), &format!("400 application/graphql-response+json {unknown}")).await;
    let failed = r#"{"errors":[{"message":"on purpose","locations":[{"line":1,"column":3}],"path":["fails"]}],"data":null,"extensions":{"correlationId":"toy"}}"#;
    let body = r#"{"query":"{ fails }"}"#;
    check(post(&[JSON, TOKEN, GRAPHQL], body), &format!("200 application/graphql-response+json {failed}")).await;
}

#[tokio::test]
async fn an_error_code_can_ask_for_a_status() {
    let body = r#"{"query":"{ tooFast }"}"#;
    assert_eq!(send(post(&[JSON, TOKEN], body)).await.status(), 429);
    assert_eq!(header_of(post(&[JSON, TOKEN], body), "retry-after").await, "7");
}

#[tokio::test]
async fn malformed_requests_are_400_and_say_what_is_wrong() {
    let bad = async |body: &'static [u8], message: &str| {
        check_refused(post(&[JSON, TOKEN], body), 400, "BAD_REQUEST", message).await;
    };
    bad(b"{", "The body is not JSON: EOF while parsing an object at line 1 column 1.").await;
    bad(b"", "The body is not JSON: EOF while parsing a value at line 1 column 0.").await;
    bad(b"{\"query\":\"\xff\"}", "The body is not UTF-8.").await;
    bad(b"{\"query\":{}}", "\"query\" must be a string.").await;
    bad(b"{\"query\":\"{a}\",\"operationName\":1}", "\"operationName\" must be a string or null.").await;
    bad(b"{\"query\":\"{a}\",\"variables\":[]}", "\"variables\" must be an object or null.").await;
    bad(b"{\"query\":\"{a}\",\"extensions\":0}", "\"extensions\" must be an object or null.").await;
    bad(
        b"{\"query\":\"subscription{count(to:1)}\"}",
        "A subscription needs a WebSocket (graphql-transport-ws), or Accept: text/event-stream.",
    )
    .await;
    check_refused(get("", &[TOKEN]), 400, "BAD_REQUEST", "\"query\" is missing.").await;
    let twice = get("query=%7Ba%7D&query=%7Bb%7D", &[TOKEN]);
    check_refused(twice, 400, "BAD_REQUEST", "Failed to deserialize query string: duplicate field `query`.").await;
}

#[tokio::test]
async fn media_types_that_we_do_not_speak_are_refused() {
    let message = "Send the request as application/json in UTF-8.";
    for content_type in ["text/plain", "multipart/form-data; boundary=x", "application/graphql"] {
        let request = post(&[("content-type", content_type), TOKEN], r#"{"query":"{hello}"}"#);
        check_refused(request, 415, "UNSUPPORTED_MEDIA_TYPE", message).await;
    }
    check_refused(post(&[TOKEN], r#"{"query":"{hello}"}"#), 415, "UNSUPPORTED_MEDIA_TYPE", message).await;
    let message = "Accept application/graphql-response+json, application/json or text/event-stream.";
    check_refused(get("query=%7Bhello%7D", &[TOKEN, ("accept", "text/html")]), 406, "NOT_ACCEPTABLE", message).await;
}

#[tokio::test]
async fn bodies_and_batches_are_bounded() {
    let long = format!(r#"{{"query":"{{ hello }}","x":"{}"}}"#, "x".repeat(5000));
    check_refused(post(&[JSON, TOKEN], long), 413, "PAYLOAD_TOO_LARGE", "The body is too long.").await;
    let four = format!("[{}]", [r#"{"query":"{ hello }"}"#; 4].join(","));
    let message = "The batch has 4 requests; at most 3 are allowed.";
    check_refused(post(&[JSON, TOKEN], four), 400, "BAD_REQUEST", message).await;
}

#[tokio::test]
async fn a_batch_is_answered_in_order_and_fails_only_when_all_of_it_fails() {
    let mixed = r#"[{"query":"{ hello }"},{"query":"{ nope }"},{"query":"mutation { ping }"}]"#;
    let response = send(post(&[JSON, TOKEN, GRAPHQL], mixed)).await;
    assert_eq!(response.status(), 200);
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let results: Vec<serde_json::Value> = serde_json::from_slice(&body).unwrap();
    assert_eq!(results[0]["data"]["hello"], "hello world");
    assert!(results[1].get("data").is_none() && results[1]["errors"].is_array());
    assert_eq!(results[2]["data"]["ping"], true);
    let bad = r#"[{"query":"{ nope }"},{"query":"{"}]"#;
    assert_eq!(send(post(&[JSON, TOKEN, GRAPHQL], bad)).await.status(), 400);
}

#[tokio::test]
async fn methods_are_limited_and_a_get_never_changes_anything() {
    let mutation = || get("query=mutation%7Bping%7D", &[TOKEN]);
    check_refused(mutation(), 405, "METHOD_NOT_ALLOWED", "A mutation needs POST.").await;
    assert_eq!(header_of(mutation(), "allow").await, "POST");
    let named = get("query=query%20Q%7Bhello%7Dmutation%20M%7Bping%7D&operationName=M", &[TOKEN]);
    check_refused(named, 405, "METHOD_NOT_ALLOWED", "A mutation needs POST.").await;
    let delete = || request(Method::DELETE, "/graphql", &[TOKEN], "");
    check_refused(delete(), 405, "METHOD_NOT_ALLOWED", "Use GET or POST.").await;
    assert_eq!(header_of(delete(), "allow").await, "GET, HEAD, POST");
    assert_eq!(send(request(Method::HEAD, "/graphql?query=%7Bhello%7D", &[TOKEN], "")).await.status(), 200);
}

#[tokio::test]
async fn strangers_are_challenged_before_their_body_is_read() {
    let with = |authorization: Option<&'static str>| {
        let headers: Vec<_> = [JSON].into_iter().chain(authorization.map(|value| ("authorization", value))).collect();
        post(&headers, "not even JSON")
    };
    let missing = "An access token is required: Authorization: Bearer <token>.";
    check_refused(with(None), 401, "UNAUTHENTICATED", missing).await;
    check_refused(with(Some("Basic YTpi")), 401, "UNAUTHENTICATED", missing).await;
    check_refused(with(Some("Bearer wrong")), 401, "UNAUTHENTICATED", "The access token is not valid.").await;
    check_refused(with(Some("Bearer expired")), 401, "UNAUTHENTICATED", "The access token expired.").await;

    assert_eq!(header_of(with(None), "www-authenticate").await, r#"Bearer realm="meridian""#);
    let invalid =
        r#"Bearer realm="meridian", error="invalid_token", error_description="The access token is not valid""#;
    assert_eq!(header_of(with(Some("Bearer wrong")), "www-authenticate").await, invalid);
    let expired = r#"Bearer realm="meridian", error="invalid_token", error_description="The access token expired""#;
    assert_eq!(header_of(with(Some("Bearer expired")), "www-authenticate").await, expired);

    let down = send(with(Some("Bearer down"))).await;
    assert_eq!(down.status(), 503);
    assert_eq!(down.headers()["retry-after"], "1");
}

#[tokio::test]
async fn the_callers_correlation_id_is_kept_when_it_is_harmless() {
    let with = |id: &'static str| get("query=%7Bhello%7D", &[TOKEN, ("x-correlation-id", id)]);
    assert_eq!(header_of(with("order-1"), "x-correlation-id").await, "order-1");
    assert_eq!(header_of(with("a b"), "x-correlation-id").await, "toy");
    let answer = r#"200 application/json {"data":{"hello":"hello world"},"extensions":{"correlationId":"order-1"}}"#;
    check(with("order-1"), answer).await;
    assert_eq!(header_of(request(Method::PUT, "/graphql", &[], ""), "x-correlation-id").await, "toy");
}

#[tokio::test]
async fn answers_are_not_stored_and_the_idempotency_header_is_handed_over() {
    assert_eq!(header_of(get("query=%7Bhello%7D", &[TOKEN]), "cache-control").await, "no-store");
    let request = get("query=%7Bkey%7D", &[TOKEN, ("idempotency-key", "k-1")]);
    check(request, r#"200 application/json {"data":{"key":"k-1"},"extensions":{"correlationId":"toy"}}"#).await;
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_cancel_a_mutation() {
    let toy = toy();
    let gates = toy.gates.clone();
    let config = GatewayConfig::default();
    let work = config.work.clone();
    let request = post(&[JSON, TOKEN], r#"{"query":"mutation { gated }"}"#);
    let call = tokio::spawn(routes(toy, config).oneshot(request));
    gates.started.notified().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    gates.release.notify_one();
    timeout(Duration::from_secs(5), gates.finished.notified()).await.expect("the mutation ran to its end");
    work.close();
    timeout(Duration::from_secs(5), work.wait()).await.expect("the tracker knows that it ended");
}

#[tokio::test]
async fn a_body_that_trickles_in_is_not_waited_for() {
    let config = GatewayConfig { body_timeout: Duration::from_millis(50), ..GatewayConfig::default() };
    let never = Body::from_stream(futures_util::stream::pending::<Result<&'static [u8], std::io::Error>>());
    let response = routes(toy(), config).oneshot(post(&[JSON, TOKEN], never)).await.unwrap();
    assert_eq!(response.status(), 408);
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains(r#""code":"REQUEST_TIMEOUT""#), "{body:?}");
}

#[tokio::test]
async fn an_operation_that_panics_is_an_internal_error() {
    for body in [r#"{"query":"{ panics }"}"#, r#"{"query":"mutation { panics }"}"#] {
        let response = send(post(&[JSON, TOKEN], body)).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x-correlation-id"]),
            (500, &"toy".parse().unwrap())
        );
        let told = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        assert!(String::from_utf8_lossy(&told).contains(r#""code":"INTERNAL","correlationId":"toy""#), "{told:?}");
        assert!(!String::from_utf8_lossy(&told).contains("on purpose"), "{told:?}");
    }
}

#[tokio::test]
async fn a_mutation_over_the_deadline_is_not_waited_for_and_goes_on() {
    let toy = toy();
    let config = GatewayConfig { deadline: Duration::from_millis(50), ..GatewayConfig::default() };
    let request = post(&[JSON, TOKEN], r#"{"query":"mutation { gated }"}"#);
    let response = routes(toy.clone(), config).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 504);
    let told = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(String::from_utf8_lossy(&told).contains(r#""code":"DEADLINE_EXCEEDED""#), "{told:?}");
    toy.gates.release.notify_one();
    timeout(Duration::from_secs(10), toy.gates.finished.notified()).await.expect("the mutation goes on");
}

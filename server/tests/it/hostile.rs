//! Requests that are meant to do harm: each is refused quickly and in words, and the server goes on.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{App, Store, fresh_key};
use crate::target::form;

/// `levels` fragments, each of which spreads the next ten times.
fn bomb(levels: usize) -> String {
    let mut text = "{ ...F0 }".to_owned();
    for level in 0..levels {
        write!(text, " fragment F{level} on Query {{ {} }}", format!("...F{} ", level + 1).repeat(10)).unwrap();
    }
    text + &format!(" fragment F{levels} on Query {{ viewer {{ clientId }} }}")
}

/// Sends a document and expects it to be refused before it costs anything.
async fn check(app: &App, document: &str) {
    let (caller, began) = (app.as_persona("anonymous"), Instant::now());
    let reply = caller.gql_response(document, json!({})).await;
    // A debug build on a busy machine; what is refused too late takes minutes, or for ever.
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let start = &document[..document.len().min(60)];
    assert!(reply.status.is_client_error() || reply.body["errors"].is_array(), "{start}: {}", reply.text);
    let code = reply.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
    assert!(matches!(code, "GRAPHQL_VALIDATION_FAILED" | "GRAPHQL_PARSE_FAILED"), "{start}: {}", reply.text);
    caller.gql("{ viewer { clientId } }", json!({})).await;
}

#[tokio::test]
async fn documents_that_explode() {
    let app = App::start(Store::Sqlite).await;
    for levels in [5, 30, 500] {
        check(&app, &bomb(levels)).await;
    }
    check(&app, "{ ...F } fragment F on Query { ...F ...F }").await;
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    check(&app, &nested("{a", "}")).await;
    check(&app, &format!("fragment F on Query {} {{ viewer {{ clientId }} }}", nested("{a", "}"))).await;
    check(&app, &format!("{{ contact(id: {}) {{ id }} }}", nested("[", "]"))).await;
    check(&app, &format!("query($a: {}) {{ viewer {{ clientId }} }}", nested("[", "]"))).await;
}

both_stores!(no_text_holds_u_0000, async |app: App| {
    let admin = app.as_persona("admin");
    let host = json!({"idempotencyKey": fresh_key(), "name": "A\u{0}", "email": "a@acme.example",
                      "schedule": {"timeZone": "UTC", "weekly": []}});
    let document = "mutation($input: CreateHostInput!) { createHost(input: $input) { errors { code } } }";
    let reply = admin.gql_response(document, json!({"input": host})).await;
    let place = |error: &Value| json!([error["extensions"]["code"], error["extensions"]["field"]]);
    assert_eq!(place(&reply.body["errors"][0]), json!(["FIELD_MISMATCH", "input.name"]), "{}", reply.text);
    let reply = admin.gql_response(r#"{ meetingType(slug: "a\u0000") { id } }"#, json!({})).await;
    assert_eq!(place(&reply.body["errors"][0]), json!(["FIELD_MISMATCH", "slug"]), "{}", reply.text);

    let mut with_nul = form();
    with_nul["contact"]["company"] = json!("Initech\u{0}");
    let reply = app.webhook().send("d-nul", &with_nul).await;
    assert_eq!(reply.body["violations"][0]["path"], "/contact/company", "{}", reply.text);
    assert!(reply.body["quarantine"].is_string(), "kept, sealed and unused: {}", reply.text);
});

//! Registered (trusted) documents: sent by their hash on every transport, and nothing else where a client is held to them.

use domain::workspaces::DocumentHash;
use reqwest::{RequestBuilder, Url};
use serde_json::{Value, json};

use crate::listener::Listener;
use crate::support::{App, Caller, Reply, codes, wait_until};

const VIEWER: &str = "{ viewer { clientId } }";
const OTHER: &str = "{ viewer { scopes } }";

fn hash(text: &str) -> String {
    DocumentHash::of(text).to_string()
}

/// What a client of automatic persisted queries sends.
fn persisted(text: &str) -> Value {
    json!({"persistedQuery": {"version": 1, "sha256Hash": hash(text)}})
}

fn client_id(app: &App, persona: &str) -> String {
    app.manifest.personas[persona].client_id.to_string()
}

async fn register(app: &App, persona: &str, texts: &[&str]) -> Value {
    let input = json!({"clientId": client_id(app, persona), "documents": texts});
    app.as_persona("admin").mutate("registerDocuments", input, "hashes").await
}

async fn hold_to_registered(app: &App, persona: &str) {
    let input = json!({"clientId": client_id(app, persona), "policy": "REGISTERED"});
    let set = app.as_persona("admin").mutate("setDocumentPolicy", input, "policy").await;
    assert_eq!(set["policy"], "REGISTERED");
    let caller = app.as_persona(persona);
    wait_until("the server knows the policy", async || {
        post(app, &caller, &json!({"query": OTHER})).await.status == 403
    })
    .await;
}

async fn send(caller: &Caller<'_>, request: RequestBuilder) -> Reply {
    Reply::read(request.bearer_auth(caller.token().await).send().await.unwrap()).await.unwrap()
}

async fn post(app: &App, caller: &Caller<'_>, body: &Value) -> Reply {
    send(caller, app.http.post(format!("{}/graphql", app.url)).json(body)).await
}

async fn get(app: &App, caller: &Caller<'_>, query: &[(&str, &str)]) -> Reply {
    let url = Url::parse_with_params(&format!("{}/graphql", app.url), query).unwrap();
    send(caller, app.http.get(url)).await
}

/// As one event of a stream.
async fn as_event(app: &App, caller: &Caller<'_>, body: &Value) -> String {
    let request = app.http.post(format!("{}/graphql", app.url)).json(body).header("accept", "text/event-stream");
    send(caller, request).await.text
}

/// Over a socket.
async fn on_a_socket(app: &App, caller: &Caller<'_>, payload: Value) -> Value {
    let mut listener = Listener::ask(&app.url, &caller.token().await, None, &[payload]).await;
    for _ in 0..100 {
        if let Some(frame) = listener.hear().await {
            return frame["payload"].clone();
        }
    }
    panic!("the socket says nothing")
}

fn code(reply: &Reply) -> &str {
    reply.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("no error: {}", reply.text))
}

both_stores!(a_registered_document_runs_by_its_hash_on_every_transport, async |app: App| {
    assert_eq!(register(&app, "partner", &[VIEWER]).await["hashes"], json!([hash(VIEWER)]));
    let (partner, expected) = (app.as_persona("partner"), json!({"clientId": client_id(&app, "partner")}));
    let by_id = json!({"documentId": format!("sha256:{}", hash(VIEWER))});
    let by_extension = json!({"extensions": persisted(VIEWER)});
    for body in [&by_id, &by_extension, &json!({"query": VIEWER, "extensions": persisted(VIEWER)})] {
        assert_eq!(post(&app, &partner, body).await.body["data"]["viewer"], expected, "{body}");
        assert_eq!(on_a_socket(&app, &partner, body.clone()).await["data"]["viewer"], expected, "{body}");
        assert!(
            as_event(&app, &partner, body).await.contains(&format!(r#"{{"data":{{"viewer":{expected}}}"#)),
            "{body}"
        );
    }
    let id = by_id["documentId"].as_str().unwrap();
    assert_eq!(get(&app, &partner, &[("documentId", id)]).await.body["data"]["viewer"], expected);
    let extensions = persisted(VIEWER).to_string();
    assert_eq!(get(&app, &partner, &[("extensions", &extensions)]).await.body["data"]["viewer"], expected);

    for (stranger, why) in [("ops", "another client"), ("other_admin", "another workspace")] {
        let refused = post(&app, &app.as_persona(stranger), &by_id).await;
        assert_eq!(code(&refused), "PERSISTED_QUERY_NOT_FOUND", "{why}");
        assert_eq!(refused.body["errors"][0]["message"], "PersistedQueryNotFound", "{why}");
    }
    let other_text = json!({"query": OTHER, "extensions": persisted(VIEWER)});
    assert_eq!(code(&post(&app, &partner, &other_text).await), "BAD_REQUEST");
    let no_hash = json!({"extensions": {"persistedQuery": {"sha256Hash": "00"}}});
    assert_eq!(code(&post(&app, &partner, &no_hash).await), "BAD_REQUEST");
});

both_stores!(a_client_that_is_held_to_its_documents_sends_no_other, async |app: App| {
    register(&app, "partner", &[VIEWER]).await;
    hold_to_registered(&app, "partner").await;
    let partner = app.as_persona("partner");
    let refused = "DOCUMENT_NOT_REGISTERED";
    for body in [json!({"query": OTHER}), json!({"query": OTHER, "extensions": persisted(OTHER)})] {
        assert_eq!(code(&post(&app, &partner, &body).await), refused, "{body}");
        let told = on_a_socket(&app, &partner, body.clone()).await;
        assert_eq!(told[0]["extensions"]["code"], refused, "{told}");
        assert!(as_event(&app, &partner, &body).await.contains(refused), "{body}");
    }
    assert_eq!(code(&post(&app, &partner, &json!({"extensions": persisted(OTHER)})).await), refused);
    assert_eq!(code(&get(&app, &partner, &[("query", OTHER)]).await), refused);
    assert_eq!(code(&get(&app, &partner, &[("query", "{ __schema { types { name } } }")]).await), refused);
    let batch = post(&app, &partner, &json!([{"query": VIEWER}, {"query": OTHER}])).await;
    assert_eq!(batch.body[0]["data"]["viewer"]["clientId"], client_id(&app, "partner"));
    assert_eq!(batch.body[1]["errors"][0]["extensions"]["code"], refused);
    assert!(post(&app, &app.as_persona("ops"), &json!({"query": OTHER})).await.body["errors"].is_null());

    let input = json!({"clientId": client_id(&app, "partner"), "hashes": [hash(VIEWER)]});
    let gone = app.as_persona("admin").mutate("unregisterDocuments", input, "removed").await;
    assert_eq!(gone["removed"], 1);
    wait_until("the server knows it no more", async || {
        post(&app, &partner, &json!({"query": VIEWER})).await.status == 403
    })
    .await;
});

both_stores!(only_what_could_run_is_registered_and_only_for_clients_of_ones_own, async |app: App| {
    let refused = register(&app, "partner", &[VIEWER, "{ nothing }"]).await;
    assert_eq!((&refused["hashes"], codes(&refused)), (&Value::Null, vec!["FIELD_MISMATCH"]));
    assert_eq!(codes(&register(&app, "other_admin", &[VIEWER]).await), ["NOT_FOUND"]);
    assert_eq!(codes(&register(&app, "partner", &[]).await), ["FIELD_MISMATCH"]);
    let document = "query ($id: ID!) { client(id: $id) { name documentPolicy documentHashes origins } }";
    let admin = app.as_persona("admin");
    let shown = admin.gql(document, json!({"id": client_id(&app, "partner")})).await;
    let expected = json!({"name": "partner", "documentPolicy": "ANY", "documentHashes": [], "origins": []});
    assert_eq!(shown["client"], expected);
    let hidden = admin.gql(document, json!({"id": client_id(&app, "other_admin")})).await;
    assert_eq!(hidden["client"], Value::Null);
});

both_stores!(subscriptions_by_different_documents_share_nothing, async |app: App| {
    let texts = [
        "subscription { events(after: \"ZTEuMA\") { type } }",
        "subscription { events(after: \"ZTEuMA\") { sequence } }",
    ];
    register(&app, "partner", &texts).await;
    crate::target::Target::arrive(&app).await;
    let partner = app.as_persona("partner");
    for (text, field) in texts.into_iter().zip(["type", "sequence"]) {
        let told = on_a_socket(&app, &partner, json!({"extensions": persisted(text)})).await;
        let event = told["data"]["events"].as_object().unwrap_or_else(|| panic!("{told}"));
        assert_eq!(event.keys().collect::<Vec<_>>(), [field]);
    }
});

//! Webhooks going out: who is told what, in which order, signed how, and what becomes of endpoints that fail.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::{App, Store, Wishes, clients_python, codes, wait_until};

mod patience;
mod receiver;
mod trouble;

pub use self::receiver::{Heard, Receiver, Told};

/// An endpoint of Acme's.
pub struct Endpoint<'a> {
    app: &'a App,
    pub id: String,
    pub secret: String,
}

impl<'a> Endpoint<'a> {
    /// Makes one that is not verified, with these settings beside its URL.
    pub async fn make(app: &'a App, url: &str, settings: Value) -> Self {
        let mut input = settings;
        input["url"] = json!(url);
        let made =
            app.as_persona("admin").mutate("createWebhookEndpoint", input, "secret webhookEndpoint { id }").await;
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        // Who signs with a key of its own shares none.
        let secret = if made["secret"].is_null() { String::new() } else { text(&made["secret"]) };
        Self { app, id: text(&made["webhookEndpoint"]["id"]), secret }
    }

    /// Makes one and lets it verify itself.
    pub async fn active(app: &'a App, url: &str, settings: Value) -> Self {
        let endpoint = Self::make(app, url, settings).await;
        endpoint.step("verifyWebhookEndpoint").await;
        wait_until("the endpoint is active", async || endpoint.shown("status").await["status"] == "ACTIVE").await;
        app.settled().await;
        endpoint
    }

    /// A mutation that needs nothing but its id; the payload.
    async fn step(&self, mutation: &str) -> Value {
        let input = json!({"endpointId": self.id});
        self.app.as_persona("admin").mutate(mutation, input, "webhookEndpoint { status }").await
    }

    async fn shown(&self, selection: &str) -> Value {
        let document = format!("query ($id: ID!) {{ node(id: $id) {{ ... on WebhookEndpoint {{ {selection} }} }} }}");
        self.app.as_persona("ops").gql(&document, json!({"id": self.id})).await["node"].take()
    }

    /// How it is doing as a destination of deliveries.
    async fn as_destination(&self, selection: &str) -> Value {
        let document = format!("{{ destinations {{ destination {selection} }} }}");
        let found = self.app.as_persona("ops").gql(&document, json!({})).await;
        let mut all = found["destinations"].as_array().unwrap().iter();
        all.find(|one| one["destination"] == self.id).cloned().unwrap_or_default()
    }

    /// The dead letters on their way to it, parked ones among them.
    async fn dead_letters(&self, selection: &str) -> Value {
        let document = format!(
            "query ($to: String!) {{ deadLetters(filter: {{destination: $to}}) {{ nodes {{ {selection} }} }} }}"
        );
        self.app.as_persona("ops").gql(&document, json!({"to": self.id})).await["deadLetters"]["nodes"].take()
    }

    /// What is shown of its attempts, oldest first.
    async fn attempts(&self, selection: &str) -> Vec<Value> {
        let shown = self.shown(&format!("attempts(first: 100) {{ nodes {{ {selection} }} }}")).await;
        let mut nodes = shown["attempts"]["nodes"].as_array().unwrap().clone();
        nodes.reverse();
        nodes
    }
}

/// Checks messages with PyPI's `standardwebhooks` and `svix`, or by a public key with its `cryptography`, whole and with another body.
fn check_signatures(messages: &[(&str, &Heard)]) {
    let messages: Vec<Value> = messages
        .iter()
        .map(|(secret, heard)| json!({"secret": secret, "headers": heard.headers, "body": heard.body}))
        .collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/endpoints/verify.py");
    let mut python =
        Command::new(clients_python()).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    python.stdin.take().unwrap().write_all(json!(messages).to_string().as_bytes()).unwrap();
    let said = python.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), format!("{} verified by each", messages.len()));
}

/// The sequences of the messages that were taken, by entity, in the order they were taken in.
fn taken(receiver: &Receiver) -> BTreeMap<String, Vec<i64>> {
    let mut taken: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for heard in receiver.heard().iter().filter(|heard| heard.status == 200) {
        let message = heard.json();
        let data = &message["data"];
        let entity = data["meeting"]["id"].as_str().or(data["contact"].as_str()).or(data["submission"].as_str());
        taken.entry(entity.unwrap().to_owned()).or_default().push(message["sequence"].as_i64().unwrap());
    }
    taken
}

both_stores!(an_endpoint_is_told_in_order_whatever_fails_on_the_way, async |app: App| {
    let receiver = Receiver::start().await;
    let headers = json!([{"name": "X-Tenant", "value": "acme-secret"}]);
    let endpoint = Endpoint::active(&app, &receiver.url, json!({"headers": headers})).await;
    receiver.script([500, 400, 503, 302, 404].map(Told::status));
    let offer = app.open_offer(30).await;
    for hour in 10..14 {
        let meeting = offer.booked(&format!("2035-01-02T{hour}:00:00Z")).await;
        app.as_persona("admin").mutate("cancelMeeting", json!({"meetingId": meeting}), "meeting { id }").await;
    }
    app.settled().await;

    let mut told: BTreeSet<i64> = BTreeSet::new();
    for (entity, sequences) in taken(&receiver) {
        // The same twice, when a lease ended on a busy machine; never an earlier one behind a later one.
        assert!(sequences.is_sorted(), "{entity}: {sequences:?}");
        told.extend(sequences);
    }
    let events = app.as_persona("admin").gql("{ events(first: 100) { nodes { type sequence } } }", json!({})).await;
    let all = events["events"]["nodes"].as_array().unwrap().iter();
    let first = *told.first().unwrap();
    let expected: BTreeSet<i64> = all
        .filter(|event| event["type"] != "webhook_endpoint_changed")
        .map(|event| event["sequence"].as_i64().unwrap())
        .filter(|sequence| *sequence >= first)
        .collect();
    assert_eq!(told, expected, "every event");
    let heard = receiver.heard();
    assert_eq!(heard.iter().filter(|heard| heard.status != 200).count(), 5);
    assert!(heard.iter().all(|heard| heard.headers["x-tenant"] == "acme-secret"));
    let pairs: Vec<_> = heard.iter().chain(&receiver.challenges()).cloned().collect();
    check_signatures(&pairs.iter().map(|heard| (endpoint.secret.as_str(), heard)).collect::<Vec<_>>());

    let attempts = endpoint.attempts("kind delivered status error requestHeaders { name value } requestBody").await;
    // One whose lease ended is its successor's to note.
    assert!(attempts.len() > told.len() + 5 && attempts.len() <= heard.len() + 1, "{attempts:?}");
    assert!(!json!(attempts).to_string().contains("acme-secret"), "custom headers are secrets");
    let redirect = attempts.iter().find(|attempt| attempt["status"] == 302).unwrap();
    assert_eq!(redirect["error"], "The endpoint redirects (HTTP 302); redirects are not followed.");
    let health = endpoint.shown("health { successRate consecutiveFailures oldestUndeliveredAt disablesAt }").await;
    let rate = health["health"]["successRate"].as_f64().unwrap();
    assert!(rate > 0.5 && rate < 1.0, "{health}");
    assert_eq!(health["health"]["consecutiveFailures"], 0);
    assert_eq!(health["health"]["oldestUndeliveredAt"], Value::Null);
});

both_stores!(an_endpoint_that_is_gone_is_disabled_and_can_come_back, async |app: App| {
    let receiver = Receiver::start().await;
    let endpoint = Endpoint::active(&app, &receiver.url, json!({"filter": {"types": ["meeting_booked"]}})).await;
    receiver.script([Told::status(410)]);
    let offer = app.open_offer(30).await;
    offer.booked("2035-01-02T10:00:00Z").await;
    app.settled().await;
    let expected = json!({"status": "DISABLED", "disabledReason": "GONE"});
    assert_eq!(endpoint.shown("status disabledReason").await, expected);
    offer.booked("2035-01-02T11:00:00Z").await;
    app.settled().await;
    assert_eq!(receiver.told().len(), 1, "a disabled endpoint is told nothing");

    assert_eq!(endpoint.step("enableWebhookEndpoint").await["webhookEndpoint"]["status"], "ACTIVE");
    offer.booked("2035-01-02T12:00:00Z").await;
    app.settled().await;
    assert_eq!(receiver.told().len(), 2);
    let error = "The endpoint answered 410 Gone and was disabled.";
    assert_eq!(endpoint.dead_letters("lastError").await, json!([{"lastError": error}]));
});

both_stores!(enabling_resumes_what_was_parked, async |app: App| {
    let receiver = Receiver::start().await;
    let endpoint = Endpoint::active(&app, &receiver.url, json!({"filter": {"types": ["meeting_booked"]}})).await;
    // It is disabled while the first attempts are under way.
    receiver.script(vec![Told { header: "retry-after: 1", ..Told::status(503) }.held(); 2]);
    let offer = app.open_offer(30).await;
    offer.booked("2035-01-02T10:00:00Z").await;
    offer.booked("2035-01-02T11:00:00Z").await;
    wait_until("both are under way", async || receiver.told().len() == 2).await;
    endpoint.step("disableWebhookEndpoint").await;
    receiver.let_go(4);
    app.settled().await;
    let parked = async || endpoint.dead_letters("state lastError").await;
    let waiting = json!({"state": "PARKED", "lastError": "The endpoint is not active."});
    assert_eq!(parked().await, json!([waiting, waiting]));
    offer.booked("2035-01-02T12:00:00Z").await;
    app.settled().await;

    endpoint.step("enableWebhookEndpoint").await;
    app.settled().await;
    assert_eq!(parked().await, json!([]));
    let told: BTreeSet<i64> = taken(&receiver).into_values().flatten().collect();
    assert_eq!(told.len(), 2, "both that were in line, and not the one that happened meanwhile");
});

both_stores!(nothing_is_told_before_the_challenge_is_repeated, async |app: App| {
    let receiver = Receiver::start().await;
    receiver.echo_wrongly();
    let endpoint = Endpoint::make(&app, &receiver.url, json!({})).await;
    endpoint.step("verifyWebhookEndpoint").await;
    app.settled().await;
    app.open_offer(30).await.booked("2035-01-02T10:00:00Z").await;
    app.settled().await;
    assert_eq!((receiver.challenges().len(), receiver.heard().len()), (1, 0));
    assert_eq!(endpoint.shown("status").await, json!({"status": "PENDING_VERIFICATION"}));
    let attempts = endpoint.attempts("kind delivered error").await;
    let error = "The endpoint did not repeat the challenge.";
    assert_eq!(json!(attempts), json!([{"kind": "VERIFICATION", "delivered": false, "error": error}]));
    assert_eq!(codes(&endpoint.step("sendTestEvent").await), ["ENDPOINT_NOT_ACTIVE"]);
});

both_stores!(old_and_new_secrets_sign_side_by_side, async |app: App| {
    let receiver = Receiver::start().await;
    let endpoint = Endpoint::active(&app, &receiver.url, json!({})).await;
    let rotate = async |hours: i32| {
        let input = json!({"endpointId": endpoint.id, "overlapHours": hours});
        let made = app.as_persona("admin").mutate("rotateWebhookSecret", input, "secret").await;
        made["secret"].as_str().unwrap().to_owned()
    };
    let second = rotate(1).await;
    endpoint.step("sendTestEvent").await;
    app.settled().await;
    let both = &receiver.heard()[0];
    assert_eq!(both.json()["type"], "endpoint.test");
    assert_eq!(both.headers["webhook-signature"].split(' ').count(), 2);
    check_signatures(&[(&endpoint.secret, both), (&second, both)]);
    assert_ne!(endpoint.shown("secretOverlapEndsAt").await["secretOverlapEndsAt"], Value::Null);

    let third = rotate(0).await;
    endpoint.step("sendTestEvent").await;
    app.settled().await;
    let one = &receiver.heard().pop().unwrap();
    assert_eq!(one.headers["webhook-signature"].split(' ').count(), 1);
    check_signatures(&[(&third, one)]);
});

both_stores!(a_private_key_signs_and_a_secret_may_take_its_place, async |app: App| {
    let receiver = Receiver::start().await;
    let endpoint = Endpoint::active(&app, &receiver.url, json!({"signature": "ED25519"})).await;
    assert_eq!(endpoint.secret, "", "a private key leaves the house in no way");
    let keys = async || -> Vec<String> {
        serde_json::from_value(endpoint.shown("publicKeys").await["publicKeys"].take()).unwrap()
    };
    let rotate = async |input: Value| {
        let mut input = input;
        input["endpointId"] = json!(endpoint.id);
        let shown = "secret webhookEndpoint { signature }";
        app.as_persona("admin").mutate("rotateWebhookSecret", input, shown).await
    };
    let tested = async || {
        endpoint.step("sendTestEvent").await;
        app.settled().await;
        receiver.heard().pop().unwrap()
    };
    let first = keys().await;
    let challenge = receiver.challenges().pop().unwrap();
    assert_eq!((first.len(), &first[0][..5], first[0].len()), (1, "whpk_", 49));
    check_signatures(&[(&first[0], &challenge), (&first[0], &tested().await)]);

    let rotated = rotate(json!({"overlapHours": 1})).await;
    assert_eq!(rotated, json!({"secret": null, "webhookEndpoint": {"signature": "ED25519"}, "errors": []}));
    let both = keys().await;
    assert_eq!((both.len(), &both[1]), (2, &first[0]), "newest first");
    let heard = tested().await;
    check_signatures(&[(&both[0], &heard), (&both[1], &heard)]);

    let shared = rotate(json!({"overlapHours": 1, "signature": "HMAC_SHA256"})).await;
    assert_eq!(shared["webhookEndpoint"]["signature"], "HMAC_SHA256");
    let secret = shared["secret"].as_str().unwrap();
    let heard = tested().await;
    assert_eq!(heard.headers["webhook-signature"].split(' ').count(), 3);
    check_signatures(&[(secret, &heard), (&both[0], &heard), (&both[1], &heard)]);

    let alone = rotate(json!({"overlapHours": 0})).await;
    assert_eq!(keys().await, Vec::<String>::new());
    let heard = tested().await;
    check_signatures(&[(alone["secret"].as_str().unwrap(), &heard)]);
    assert_eq!(heard.headers["webhook-signature"].split(' ').count(), 1);
});

#[tokio::test]
async fn a_server_for_the_world_takes_public_addresses_only() {
    let environment = vec![("MERIDIAN_WEBHOOKS_ALLOW_PRIVATE", "false".to_owned())];
    let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
    for url in ["http://partner.example/hook", "https://127.0.0.1/hook", "https://metadata.google.internal/"] {
        let refused = app.as_persona("admin").mutate("createWebhookEndpoint", json!({"url": url}), "secret").await;
        assert_eq!((codes(&refused), &refused["secret"]), (vec!["FIELD_MISMATCH"], &Value::Null), "{url}");
    }
    // It passes as text, and leads nowhere good: whatever its name is, no connection is opened.
    let endpoint = Endpoint::make(&app, "https://localhost.partner.invalid/hook", json!({})).await;
    endpoint.step("verifyWebhookEndpoint").await;
    app.settled().await;
    assert_eq!(endpoint.attempts("error").await, [json!({"error": "The endpoint cannot be reached."})]);
}

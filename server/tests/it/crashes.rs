//! `kill -9` between any two steps: whatever was committed is carried through after the restart, once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::leads::submit;
use crate::support::{App, Part, wait_until};

/// The facts that one lead who books leads to, apart from the CRM's receipts.
const FACTS_OF_A_LEAD: &[(&str, usize)] = &[
    ("contact_created", 1),
    // Booking gives points.
    ("contact_updated", 1),
    ("form_submitted", 1),
    ("lead_routed", 1),
    ("meeting_booked", 1),
    ("score_changed", 2),
    ("task_created", 1),
];

both_stores!(after_the_commit_and_before_the_relay, async |mut app: App| {
    app.kill9(Part::Worker);
    let without_worker = app.another_api().await;
    let admin = app.as_persona("admin").at(&without_worker);
    let ada = submit(&admin, "Ada").await;
    let meeting = ada.book(&admin).await;
    assert_eq!(events(&app, &without_worker).await.len(), 0, "nobody has placed an event yet");

    app.kill9_all();
    app.start_missing().await;
    check_one_lead(&app, &ada.email, &meeting).await;
});

both_stores!(after_the_relay_and_before_the_delivery, async |mut app: App| {
    app.crm().script(json!([{"fault": "hold", "act": "never"}])).await;
    let admin = app.as_persona("admin");
    let ada = submit(&admin, "Ada").await;
    let meeting = ada.book(&admin).await;
    wait_until("the first delivery is under way", async || struck(&app).await == 1).await;
    assert_eq!(app.crm().objects("contacts").await.len(), 0);

    app.kill9_all();
    app.start_missing().await;
    check_one_lead(&app, &ada.email, &meeting).await;
});

both_stores!(after_the_crm_accepted_and_before_we_noted_it, async |mut app: App| {
    let held = |kind| json!({"fault": "hold", "act": "first", "path_prefix": format!("/crm/v3/objects/{kind}/batch")});
    app.crm().script(json!([held("contacts"), held("tasks"), held("meetings")])).await;
    let admin = app.as_persona("admin");
    let ada = submit(&admin, "Ada").await;
    let meeting = ada.book(&admin).await;
    for (number, kind) in ["contacts", "tasks", "meetings"].iter().enumerate() {
        wait_until("the CRM has taken it and not answered", async || struck(&app).await == number + 1).await;
        wait_until("it is there", async || app.crm().objects(kind).await.len() == 1).await;
        app.kill9_all();
        app.start_missing().await;
    }
    check_one_lead(&app, &ada.email, &meeting).await;
});

both_stores!(an_acknowledged_webhook_is_never_lost, async |mut app: App| {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..10 {
        // One sender after the other would leave the server idle between two of them.
        let requests: Vec<_> = (0..10).map(|n| (sender * 10 + n, webhook(&app, sender * 10 + n))).collect();
        let acknowledged = Arc::clone(&acknowledged);
        senders.spawn(async move {
            let mut answers = Vec::new();
            for (number, request) in requests {
                let accepted = request.send().await.is_ok_and(|answer| answer.status() == 202);
                acknowledged.fetch_add(usize::from(accepted), Ordering::Relaxed);
                answers.push((number, accepted));
            }
            answers
        });
    }
    wait_until("some are acknowledged", async || acknowledged.load(Ordering::Relaxed) >= 30).await;
    app.kill9_all();
    let answers = senders.join_all().await.concat();
    let accepted = acknowledged.load(Ordering::Relaxed);
    assert!((30..100).contains(&accepted), "the server was killed in the middle, not after {accepted} of 100");

    app.start_missing().await;
    // A form tool sends again what was not acknowledged, and now and then what was.
    for (number, was_accepted) in answers {
        let answer = webhook(&app, number).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        let body: Value = answer.json().await.unwrap();
        assert!(!was_accepted || body["duplicate"] == json!(true), "an acknowledged webhook was lost: {body}");
    }
    app.settled().await;
    let facts = tally(&events(&app, &app.url).await);
    let of = |kind: &str| facts.get(kind).copied().unwrap_or_default();
    assert_eq!((of("submission_received"), of("form_submitted"), of("contact_created")), (100, 100, 100));
    assert_eq!(app.crm().objects("contacts").await.len(), 100);
    assert_eq!(app.crm().objects("tasks").await.len(), 100);
});

/// The webhook of the `number`-th lead, signed and ready to be sent.
fn webhook(app: &App, number: usize) -> reqwest::RequestBuilder {
    #[expect(clippy::disallowed_methods, reason = "a form tool signs with its own clock")]
    let now = chrono::Utc::now();
    let body = json!({
        "event": "webform_submitted",
        "version": 1,
        "occurred_at": "2026-11-01T09:30:00+01:00",
        "form_id": "demo-request",
        "contact": {"email": format!("lead-{number}@example.com"), "country": "US"},
    })
    .to_string();
    let (webhook, delivery) = (app.webhook(), format!("delivery-{number}"));
    let signature = webhook.sign(&delivery, now.timestamp(), body.as_bytes());
    let request = app.http.post(webhook.url()).header("webhook-id", delivery).header("webhook-signature", signature);
    request.header("webhook-timestamp", now.timestamp()).header("content-type", "application/json").body(body)
}

/// What has to be true of a lead's whole way, however often it was interrupted.
async fn check_one_lead(app: &App, email: &str, meeting: &str) {
    app.settled().await;
    let one = async |kind: &str, property: &str| {
        let objects = app.crm().objects(kind).await;
        objects.iter().map(|object| object["properties"][property].clone()).collect::<Vec<_>>()
    };
    assert_eq!(one("contacts", "email").await, [json!(email)]);
    assert_eq!(one("tasks", "hs_task_priority").await, [json!("HIGH")]);
    assert_eq!(one("meetings", "meridian_meeting_id").await, [json!(meeting)]);

    let events = events(app, &app.url).await;
    let places: Vec<_> = events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
    assert_eq!(places, (1..=events.len() as u64).collect::<Vec<_>>(), "the log has no gaps");
    let mut facts = tally(&events);
    assert!(facts.remove("crm_receipt").is_some_and(|receipts| receipts >= 3), "each record has a receipt: {events:?}");
    let expected: BTreeMap<_, _> = FACTS_OF_A_LEAD.iter().map(|(kind, count)| ((*kind).to_owned(), *count)).collect();
    assert_eq!(facts, expected, "every fact is there once");
    let dead = app.as_persona("admin").gql("{ deadLetters { nodes { lastError } } }", json!({})).await;
    assert_eq!(dead, json!({"deadLetters": {"nodes": []}}));
}

/// The whole log.
async fn events(app: &App, server: &str) -> Vec<Value> {
    let query = "query ($after: EventCursor) {
        events(first: 100, after: $after) { nodes { cursor sequence type entityId } pageInfo { hasNextPage } } }";
    let admin = app.as_persona("admin").at(server);
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = admin.gql(query, json!({"after": after})).await;
        all.extend(data["events"]["nodes"].as_array().unwrap().iter().cloned());
        if data["events"]["pageInfo"]["hasNextPage"] == json!(false) {
            return all;
        }
        after = all.last().map_or(Value::Null, |event| event["cursor"].clone());
    }
}

fn tally(events: &[Value]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in events {
        *counts.entry(event["type"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

/// How many requests a scripted fault has struck.
async fn struck(app: &App) -> usize {
    app.crm().log().await.iter().filter(|request| !request["fault"].is_null()).count()
}

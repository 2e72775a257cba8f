//! A CRM that misbehaves: whatever may pass is tried again as told and never written twice; whatever may not is kept,
//! shown and sent again when people say so.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::leads::submit;
use crate::support::{App, Store, Wishes, wait_until};

const CONTACTS: &str = "/crm/v3/objects/contacts/batch/upsert";
const TASKS: &str = "/crm/v3/objects/tasks/batch/upsert";
const MEETINGS: &str = "/crm/v3/objects/meetings/batch/upsert";

mod what_may_pass_is_tried_again_and_written_once {
    use super::*;

    #[tokio::test]
    async fn on_sqlite() {
        story(Store::Sqlite).await;
    }

    #[tokio::test]
    async fn on_postgres() {
        story(Store::Postgres).await;
    }

    async fn story(store: Store) {
        let environment = vec![("MERIDIAN_WORKER__CRM_TIMEOUT_SECONDS", "1".to_owned())];
        let app = App::start_with(store, Wishes { environment, ..Wishes::default() }).await;
        let status = |status: u16, headers: Value, body: Value| json!({"fault": "status", "status": status, "headers": headers, "body": body});
        let told = |seconds: &str| json!({"Retry-After": seconds});

        let limit = json!({"status": "error", "errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"});
        check(&app, "Told", status(429, told("1"), limit.clone()), 1, Duration::from_secs(1)).await;
        let window = json!({"X-HubSpot-RateLimit-Interval-Milliseconds": "1200"});
        check(&app, "Rolling", status(429, window, limit), 1, Duration::from_millis(1200)).await;
        check(&app, "Away", status(503, told("1"), json!({})), 1, Duration::from_secs(1)).await;
        check(&app, "Broken", status(500, json!({}), json!({"message": "internal error"})), 3, NO_WAIT).await;
        check(&app, "Dropped", json!({"fault": "drop_before"}), 2, NO_WAIT).await;
        check(&app, "Lost", json!({"fault": "drop_after_commit"}), 2, NO_WAIT).await;
        let malformed = json!({"fault": "status", "status": 200, "body": "{\"results\": [", "act": "first"});
        check(&app, "Malformed", malformed, 2, NO_WAIT).await;
        let empty = json!({"fault": "status", "status": 200, "body": "{}", "act": "first"});
        check(&app, "Empty", empty, 1, NO_WAIT).await;
        // Longer than the client waits; a provider does not notice that it is gone.
        let slow = json!({"fault": "delay", "delay_ms": 1500, "act": "first"});
        check(&app, "Slow", slow, 1, Duration::from_secs(1)).await;
        let late = json!({"fault": "delay", "delay_ms": 1500, "act": "late"});
        check(&app, "Late", late, 1, Duration::from_secs(1)).await;
    }
}

const NO_WAIT: Duration = Duration::ZERO;

/// A lead whose contact meets the fault `times` times: asked once more than that, the second time not earlier than
/// `wait` after the first, and in the CRM once.
async fn check(app: &App, name: &str, fault: Value, times: usize, wait: Duration) {
    let mut fault = fault;
    fault["path_prefix"] = json!(CONTACTS);
    fault["count"] = json!(times);
    app.crm().script(json!([fault])).await;
    let lead = submit(&app.as_persona("admin").with_header("x-correlation-id", name), name).await;
    app.settled().await;

    let asked = upserts(app, name).await;
    let of_contact: Vec<_> = asked.iter().filter(|request| request["path"] == CONTACTS).collect();
    assert_eq!(of_contact.len(), times + 1, "{name}: {asked:#?}");
    let waited = at(of_contact[1]) - at(of_contact[0]);
    assert!(waited.to_std().unwrap() >= wait, "{name}: asked again after {waited} instead of {wait:?}");
    // What arrives late arrives after we have gone on.
    wait_until("the CRM has done everything", async || {
        upserts(app, name).await.iter().all(|request| !request["status"].is_null() || is_dropped(request))
    })
    .await;
    let contacts = app.crm().objects("contacts").await;
    let mine = contacts.iter().filter(|contact| contact["properties"]["email"] == json!(lead.email)).count();
    assert_eq!(mine, 1, "{name}");
    let paths: Vec<_> = asked.iter().skip(times).map(|request| request["path"].clone()).collect();
    assert_eq!(paths, [CONTACTS, TASKS], "{name}: the task follows its contact, once");
}

both_stores!(a_lane_keeps_its_order_and_delays_no_other, async |app: App| {
    let admin = app.as_persona("admin").with_header("x-correlation-id", "Ada");
    app.crm().script(json!([{"fault": "hold", "act": "never", "path_prefix": CONTACTS}])).await;
    let broken = |path, count| json!({"fault": "status", "status": 500, "path_prefix": path, "count": count});
    let ada = submit(&admin, "Ada").await;
    ada.book(&admin).await;
    wait_until("the CRM holds the first contact", async || app.crm().faults_left().await.is_empty()).await;

    let other = app.as_persona("admin").with_header("x-correlation-id", "Grace");
    let grace = submit(&other, "Grace").await;
    grace.book(&other).await;
    wait_until("everything about the other contact is there", async || app.crm().objects("meetings").await.len() == 1)
        .await;
    let emails: Vec<_> = app.crm().objects("contacts").await.iter().map(|c| c["properties"]["email"].clone()).collect();
    assert_eq!(emails, [json!(grace.email)], "the held contact delays nobody");

    app.crm().script(json!([broken(TASKS, 2), broken(MEETINGS, 1)])).await;
    app.crm().release().await;
    app.settled().await;
    let asked: Vec<_> = upserts(&app, "Ada").await.iter().map(|r| json!([r["path"], r["status"]])).collect();
    let expected = [
        json!([CONTACTS, null]),
        json!([CONTACTS, 200]),
        json!([TASKS, 500]),
        json!([TASKS, 500]),
        json!([TASKS, 200]),
        json!([MEETINGS, 500]),
        json!([MEETINGS, 200]),
    ];
    assert_eq!(asked, expected);
});

both_stores!(a_refusal_for_good_becomes_a_dead_letter_that_can_be_sent_again, async |app: App| {
    let body = json!({
        "status": "error", "category": "VALIDATION_ERROR", "message": "Property \"hs_task_body\" is not valid",
    });
    app.crm().script(json!([{"fault": "status", "status": 400, "body": body, "path_prefix": TASKS}])).await;
    let admin = app.as_persona("admin");
    let ada = submit(&admin, "Ada").await;
    ada.book(&admin).await;
    app.settled().await;
    assert_eq!(kinds(&app).await, [("contacts", 1), ("tasks", 0), ("meetings", 1)], "the lane has gone on");

    let dead = dead_letters(&app).await;
    let [letter] = dead.as_slice() else { panic!("{dead:#?}") };
    assert_eq!(
        (&letter["state"], &letter["attempts"], &letter["lane"], &letter["payload"]["job"]),
        (&json!("DEAD"), &json!(1), &json!(ada.contact), &json!("sync_task"))
    );
    let error = letter["lastError"].as_str().unwrap();
    assert!(error.starts_with("VALIDATION_ERROR (HTTP 400): HubSpot refuses: Property \"hs_task_body\""), "{error}");

    assert_eq!(replay(&app, letter).await, json!({"delivery": {"id": letter["id"]}, "errors": []}));
    app.settled().await;
    assert_eq!(kinds(&app).await, [("contacts", 1), ("tasks", 1), ("meetings", 1)]);
    assert_eq!(dead_letters(&app).await, Vec::<Value>::new());
    let again = replay(&app, letter).await;
    assert_eq!(again["errors"], json!([{"code": "NOT_REPLAYABLE"}]));
});

both_stores!(a_token_that_is_refused_parks_what_it_was_for, async |app: App| {
    app.crm().script(json!([{"fault": "status", "status": 401, "body": {"category": "INVALID_AUTHENTICATION"}}])).await;
    let admin = app.as_persona("admin");
    submit(&admin, "Ada").await.book(&admin).await;
    app.settled().await;
    assert_eq!(kinds(&app).await, [("contacts", 0), ("tasks", 0), ("meetings", 0)]);
    assert_eq!(app.crm().log().await.len(), 1, "a CRM that refuses the token is not asked again");
    assert_eq!(crm_status(&app).await, "NEEDS_REAUTHORISATION");
    let parked = dead_letters(&app).await;
    assert!(!parked.is_empty() && parked.iter().all(|letter| letter["state"] == "PARKED"), "{parked:#?}");

    for letter in &parked {
        assert_eq!(replay(&app, letter).await["errors"], json!([]));
    }
    app.settled().await;
    assert_eq!(kinds(&app).await, [("contacts", 1), ("tasks", 1), ("meetings", 1)]);
    assert_eq!(crm_status(&app).await, "ACTIVE");
    assert_eq!(dead_letters(&app).await, Vec::<Value>::new());
});

/// The writes of records that carried this correlation id, as they came.
async fn upserts(app: &App, correlation: &str) -> Vec<Value> {
    let is_one = |request: &Value| {
        request["headers"]["x-correlation-id"] == correlation
            && request["path"].as_str().is_some_and(|path| path.ends_with("/batch/upsert"))
    };
    app.crm().log().await.into_iter().filter(is_one).collect()
}

/// Whether the CRM has closed the connection instead of answering, which it does without being asked twice.
fn is_dropped(request: &Value) -> bool {
    request["fault"].as_str().is_some_and(|fault| fault.starts_with("drop"))
}

fn at(request: &Value) -> DateTime<Utc> {
    request["at"].as_str().unwrap().parse().unwrap()
}

async fn kinds(app: &App) -> [(&'static str, usize); 3] {
    let count = async |kind| (kind, app.crm().objects(kind).await.len());
    [count("contacts").await, count("tasks").await, count("meetings").await]
}

async fn dead_letters(app: &App) -> Vec<Value> {
    let query = "{ deadLetters(first: 50) { nodes { id state attempts lane payload lastError } } }";
    let mut data = app.as_persona("ops").gql(query, json!({})).await;
    match data["deadLetters"]["nodes"].take() {
        Value::Array(letters) => letters,
        other => panic!("{other}"),
    }
}

async fn replay(app: &App, letter: &Value) -> Value {
    let input = json!({"deliveryId": letter["id"]});
    app.as_persona("ops").mutate("replayDeadLetter", input, "delivery { id }").await
}

async fn crm_status(app: &App) -> String {
    let data = app.as_persona("ops").gql("{ connections { provider status } }", json!({})).await;
    let connections = data["connections"].as_array().unwrap();
    let crm = connections.iter().find(|connection| connection["provider"] == "HUBSPOT").unwrap();
    crm["status"].as_str().unwrap().to_owned()
}

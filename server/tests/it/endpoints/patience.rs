//! When endpoints are told: not sooner than they ask, only in their hours, at their rate.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Endpoint, Receiver, Told};
use crate::support::{App, Store, wait_until};

both_stores!(a_success_that_began_before_a_failure_ends_it_too, async |app: App| {
    let receiver = Receiver::start().await;
    let settings = json!({"filter": {"types": ["meeting_booked"]}});
    let endpoint = Endpoint::active(&app, &receiver.url, settings).await;
    let away = Told { header: "retry-after: 3600", ..Told::status(503) };
    receiver.script([Told::status(200).held(), away]);
    let offer = app.open_offer(30).await;
    let failures = async || {
        let shown = endpoint.shown("health { consecutiveFailures }").await;
        shown["health"]["consecutiveFailures"].as_i64().unwrap()
    };
    offer.booked("2035-01-02T10:00:00Z").await;
    wait_until("the first is under way", async || receiver.heard().len() == 1).await;
    offer.booked("2035-01-02T11:00:00Z").await;
    wait_until("the second has failed", async || failures().await == 1).await;
    receiver.let_go(1);
    wait_until("the first has succeeded", async || failures().await == 0).await;
});

both_stores!(waits_and_time_limits_are_kept, async |app: App| {
    let receiver = Receiver::start().await;
    let settings = json!({"filter": {"types": ["meeting_booked"]}, "timeoutSeconds": 3});
    let endpoint = Endpoint::active(&app, &receiver.url, settings).await;
    let busy = Told { header: "retry-after: 2", ..Told::status(429) };
    receiver.script([busy, Told::status(200).held()]);
    let offer = app.open_offer(30).await;
    offer.booked("2035-01-02T10:00:00Z").await;
    app.settled().await;

    let heard = receiver.heard();
    assert!(heard.len() >= 3, "{heard:?}");
    assert!(heard[1].at - heard[0].at >= Duration::from_secs(2), "the wait that it asked for");
    assert!(heard.iter().all(|heard| heard.json()["type"] == "meeting_booked"));
    let ids: Vec<_> = heard.iter().map(|heard| &heard.headers["webhook-id"]).collect();
    assert!(ids.iter().all(|id| *id == ids[0] && !id.contains('.')), "one event, one id: {ids:?}");
    let errors: Vec<_> = endpoint.attempts("error").await.iter().map(|attempt| attempt["error"].clone()).collect();
    // On a busy machine it may be too late more than once.
    let expected = json!([null, "The endpoint asks for patience (HTTP 429).", "The endpoint did not answer in time."]);
    assert_eq!((json!(errors[..3]), errors.last()), (expected, Some(&Value::Null)));
});

both_stores!(outside_of_its_hours_an_endpoint_is_told_nothing, async |app: App| {
    let receiver = Receiver::start().await;
    #[expect(clippy::disallowed_methods, reason = "the hours are those of the real clock")]
    let in_two_days = (chrono::Utc::now() + chrono::TimeDelta::days(2)).format("%A").to_string().to_uppercase();
    let weekly = json!([{"weekday": in_two_days, "start": "00:00", "end": "24:00"}]);
    let settings = json!({
        "filter": {"types": ["meeting_booked"]}, "deliveryHours": {"timeZone": "UTC", "weekly": weekly},
    });
    let endpoint = Endpoint::active(&app, &receiver.url, settings).await;
    let shown = endpoint.shown("version deliveryHours { timeZone weekly { weekday start end } }").await;
    assert_eq!(shown["deliveryHours"], json!({"timeZone": "UTC", "weekly": weekly}));
    app.open_offer(30).await.booked("2035-01-02T10:00:00Z").await;
    let found = async || endpoint.shown("health { nextAttemptAt consecutiveFailures }").await["health"].take();
    wait_until("the message waits", async || found().await["nextAttemptAt"] != Value::Null).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(receiver.heard().is_empty(), "it waits for the window");
    assert_eq!(found().await["consecutiveFailures"], 0);

    let open = json!({
        "endpointId": endpoint.id, "expectedVersion": shown["version"], "url": receiver.url,
        "filter": {"types": ["meeting_booked"]},
    });
    app.as_persona("admin").insist("updateWebhookEndpoint", open, "webhookEndpoint { id }").await;
    app.settled().await;
    assert_eq!(receiver.told().len(), 1, "whoever opens is told at once of what waited");
});

/// Eleven messages to an endpoint that takes ten a second: none before its moment.
async fn check_rate(app: &App) {
    let receiver = Receiver::start().await;
    let settings = json!({"filter": {"types": ["meeting_booked"]}, "ratePerSecond": 10});
    let endpoint = Endpoint::active(app, &receiver.url, settings).await;
    assert_eq!(endpoint.shown("ratePerSecond").await["ratePerSecond"], 10);
    // They wait behind an answer that asks for time, and may leave when it has passed.
    receiver.script([Told { header: "retry-after: 2", ..Told::status(503) }]);
    let offer = app.open_offer(30).await;
    offer.booked("2035-01-02T10:00:00Z").await;
    let circuit = async || endpoint.as_destination("circuit").await["circuit"].clone();
    wait_until("it is left alone", async || circuit().await == "OPEN").await;
    for hour in 11..21 {
        offer.booked(&format!("2035-01-02T{hour}:00:00Z")).await;
    }
    app.settled().await;
    let heard = receiver.heard();
    let mut taken: BTreeMap<&str, Instant> = BTreeMap::new();
    for heard in heard.iter().filter(|heard| heard.status == 200) {
        taken.entry(&heard.headers["webhook-id"]).or_insert(heard.at);
    }
    assert_eq!(taken.len(), 11);
    let mut taken: Vec<Instant> = taken.into_values().collect();
    taken.sort_unstable();
    // Moments are a tenth of a second apart from when it may be asked again. A busy machine may reach one late, even
    // several together, but none early.
    let opens = heard[0].at + Duration::from_secs(2);
    for (number, at) in (0..).zip(&taken) {
        let moment = opens + Duration::from_millis(100) * number;
        assert!(*at + Duration::from_millis(20) >= moment, "message {number} came {:?} early", moment - *at);
    }
}

both_stores!(a_rate_is_kept, async |app: App| {
    check_rate(&app).await;
});

#[tokio::test]
async fn a_rate_is_kept_by_all_workers_together() {
    let mut app = App::start(Store::Postgres).await;
    app.another_worker().await;
    app.another_worker().await;
    check_rate(&app).await;
}

both_stores!(a_wait_of_a_day_is_granted_and_a_longer_one_is_a_dead_letter, async |app: App| {
    let (patient, lost) = (Receiver::start().await, Receiver::start().await);
    let settings = json!({"filter": {"types": ["meeting_booked"]}});
    let waits = Endpoint::active(&app, &patient.url, settings.clone()).await;
    let dies = Endpoint::active(&app, &lost.url, settings).await;
    patient.script([Told { header: "retry-after: 86400", ..Told::status(503) }]);
    lost.script([Told { header: "x-ratelimit-reset: 86401", ..Told::status(429) }]);
    app.open_offer(30).await.booked("2035-01-02T10:00:00Z").await;

    let document = "query ($to: String!) { deadLetters(filter: {destination: $to}) { nodes { lastError } } }";
    let letters = async |endpoint: &Endpoint<'_>| {
        let mut data = app.as_persona("ops").gql(document, json!({"to": endpoint.id})).await;
        data["deadLetters"]["nodes"].take()
    };
    let error = "Told to wait longer than a day. The endpoint asks for patience (HTTP 429).";
    wait_until("the longer wait is a dead letter", async || letters(&dies).await == json!([{"lastError": error}]))
        .await;
    let waited = async || -> Option<i64> {
        let mut shown = waits.shown("health { nextAttemptAt } attempts(first: 1) { nodes { startedAt } }").await;
        let instant = |value: Value| serde_json::from_value::<chrono::DateTime<chrono::Utc>>(value).ok();
        let next = instant(shown["health"]["nextAttemptAt"].take())?;
        Some((next - instant(shown["attempts"]["nodes"][0]["startedAt"].take())?).num_seconds())
    };
    wait_until("the day is granted", async || waited().await.is_some_and(|wait| (86_400..86_410).contains(&wait)))
        .await;
    assert_eq!((letters(&waits).await, patient.heard().len()), (json!([]), 1));
});

//! Endpoints that give trouble: what counts as their failure, and how it is over.

use serde_json::json;

use super::{Endpoint, Receiver, Told};
use crate::support::{App, wait_until};

both_stores!(a_test_message_that_fails_is_a_failure_of_its_endpoint, async |app: App| {
    let receiver = Receiver::start().await;
    let endpoint = Endpoint::active(&app, &receiver.url, json!({})).await;
    let tested = async |status: u16| {
        receiver.script([Told::status(status)]);
        endpoint.step("sendTestEvent").await;
        app.settled().await;
        endpoint.as_destination("failures").await["failures"].clone()
    };
    assert_eq!(tested(500).await, 1);
    assert_eq!(tested(404).await, 2);
    assert_eq!(tested(200).await, 0);
});

both_stores!(what_waits_for_a_deleted_endpoint_goes_quietly, async |app: App| {
    let receiver = Receiver::start().await;
    let endpoint = Endpoint::active(&app, &receiver.url, json!({"filter": {"types": ["meeting_booked"]}})).await;
    receiver.script(vec![Told::status(500).held(); 2]);
    let offer = app.open_offer(30).await;
    offer.booked("2035-01-02T10:00:00Z").await;
    offer.booked("2035-01-02T11:00:00Z").await;
    wait_until("both are under way", async || receiver.told().len() == 2).await;
    let gone = json!({"endpointId": endpoint.id});
    app.as_persona("admin").insist("deleteWebhookEndpoint", gone, "webhookEndpointId").await;
    receiver.let_go(4);
    app.settled().await;
    assert_eq!(endpoint.dead_letters("state lastError").await, json!([]));
});

both_stores!(another_url_starts_anew_and_is_told_what_waited, async |app: App| {
    let (old, new) = (Receiver::start().await, Receiver::start().await);
    let settings = json!({"filter": {"types": ["meeting_booked"]}});
    let endpoint = Endpoint::active(&app, &old.url, settings.clone()).await;
    let away = Told { header: "retry-after: 86400", ..Told::status(503) };
    old.script(vec![away.held(); 2]);
    let offer = app.open_offer(30).await;
    offer.booked("2035-01-02T10:00:00Z").await;
    offer.booked("2035-01-02T11:00:00Z").await;
    wait_until("both are under way", async || old.told().len() == 2).await;
    let circuit = async || endpoint.as_destination("circuit").await["circuit"].clone();
    old.let_go(1);
    wait_until("it is left alone for a day", async || circuit().await == "OPEN").await;
    offer.booked("2035-01-02T12:00:00Z").await;

    let mut elsewhere = settings;
    elsewhere["url"] = json!(new.url);
    elsewhere["endpointId"] = json!(endpoint.id);
    elsewhere["expectedVersion"] = endpoint.shown("version").await["version"].clone();
    app.as_persona("admin").insist("updateWebhookEndpoint", elsewhere, "webhookEndpoint { id }").await;
    let shown = endpoint.shown("status health { consecutiveFailures disablesAt }").await;
    let expected = json!({
        "status": "PENDING_VERIFICATION", "health": {"consecutiveFailures": 0, "disablesAt": null},
    });
    assert_eq!((shown, circuit().await), (expected, json!("CLOSED")));
    old.let_go(1);
    let failed = async || endpoint.attempts("status").await.iter().filter(|attempt| attempt["status"] == 503).count();
    wait_until("the old URL has answered for the last time", async || failed().await == 2).await;
    assert_eq!(circuit().await, "CLOSED", "the new one has not failed");

    let parked = async || endpoint.dead_letters("state").await == json!([{"state": "PARKED"}]);
    wait_until("the third is parked", parked).await;
    endpoint.step("verifyWebhookEndpoint").await;
    wait_until("it is told", async || new.told().len() == 1).await;
    assert_eq!(endpoint.shown("status").await["status"], "ACTIVE");
    assert_eq!(endpoint.dead_letters("state").await, json!([]));
});

both_stores!(nothing_passes_a_dead_letter_where_that_is_asked_for, async |app: App| {
    let receiver = Receiver::start().await;
    let types = json!({"filter": {"types": ["meeting_booked", "meeting_cancelled"]}});
    let endpoint = Endpoint::active(&app, &receiver.url, types).await;
    let policy = json!({"destinationId": endpoint.id, "onDeath": "BLOCK_LANE"});
    app.as_persona("admin").insist("setDeliveryPolicy", policy, "onDeath").await;
    receiver.script([Told { header: "retry-after: 86401", ..Told::status(503) }]);
    let offer = app.open_offer(30).await;
    let meeting = offer.booked("2035-01-02T10:00:00Z").await;
    wait_until("the first is dead", async || endpoint.dead_letters("state").await == json!([{"state": "DEAD"}])).await;
    app.as_persona("admin").mutate("cancelMeeting", json!({"meetingId": meeting}), "meeting { id }").await;
    let depth = async || endpoint.as_destination("depth lanesBlocked onDeath").await;
    let expected = json!({"destination": endpoint.id, "depth": 1, "lanesBlocked": 1, "onDeath": "BLOCK_LANE"});
    wait_until("the second waits behind it", async || depth().await == expected).await;
    assert_eq!(receiver.told().len(), 1);
    // With its endpoint goes what waits; the letter stays for people.
    let gone = json!({"endpointId": endpoint.id});
    app.as_persona("admin").insist("deleteWebhookEndpoint", gone, "webhookEndpointId").await;
    app.settled().await;
    assert_eq!((receiver.told().len(), endpoint.dead_letters("state").await), (1, json!([{"state": "DEAD"}])));
});

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

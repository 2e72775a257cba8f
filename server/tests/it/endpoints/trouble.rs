//! Endpoints that give trouble: what counts as their failure, and how it is over.

use serde_json::json;

use super::{Endpoint, Receiver, Told};
use crate::support::App;

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

//! What operators watch: Prometheus reads it from an address of its own.

use std::net::TcpListener;

use serde_json::json;

use crate::endpoints::{Endpoint, Receiver, Told};
use crate::support::{App, Store, Wishes, wait_until};

/// The value of the first line of this measure with these labels.
fn value(measures: &str, start: &str) -> Option<f64> {
    measures.lines().find(|line| line.starts_with(start))?.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn deliveries_and_lags_are_counted() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let environment = vec![("MERIDIAN_METRICS__LISTEN", address.clone())];
    let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
    let receiver = Receiver::start().await;
    Endpoint::active(&app, &receiver.url, json!({"filter": {"types": ["meeting_booked"]}})).await;
    app.open_offer(30).await.booked("2031-01-07T10:00:00Z").await;
    app.settled().await;

    let connections = app.as_persona("admin").gql("{ connections { id provider } }", json!({})).await;
    let is_crm = |one: &&serde_json::Value| one["provider"] == "HUBSPOT";
    let crm = connections["connections"].as_array().unwrap().iter().find(is_crm).unwrap()["id"].as_str().unwrap();
    let read = async || app.http.get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap();
    let attempts = format!("meridian_delivery_attempts_total{{destination=\"{crm}\",outcome=\"done\"}}");
    // They are told when the commit that settles them is through.
    wait_until("contact and meeting are counted", async || value(&read().await, &attempts) >= Some(2.0)).await;
    let measures = read().await;
    let placed = "meridian_event_lag_seconds_count{type=\"meeting_booked\"}";
    assert_eq!(value(&measures, placed), Some(1.0), "{measures}");
    let told = "meridian_webhook_lag_seconds_count{type=\"meeting_booked\"}";
    wait_until("the webhook is counted", async || value(&read().await, told) == Some(1.0)).await;
    assert!(!measures.contains('@'), "measures are about things, not people");
    let api = app.http.get(format!("{}/metrics", app.url)).send().await.unwrap();
    assert_eq!(api.status(), 404, "the world cannot read them");
}

#[tokio::test]
async fn a_test_message_that_fails_is_counted_as_such() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let environment = vec![("MERIDIAN_METRICS__LISTEN", address.clone())];
    let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
    let receiver = Receiver::start().await;
    let endpoint = Endpoint::active(&app, &receiver.url, json!({})).await;
    receiver.script([Told::status(500)]);
    let id = json!({"endpointId": endpoint.id});
    app.as_persona("admin").insist("sendTestEvent", id, "webhookEndpoint { id }").await;
    app.settled().await;
    let attempts = |outcome: &str| {
        format!("meridian_delivery_attempts_total{{destination=\"{}\",outcome=\"{outcome}\"}}", endpoint.id)
    };
    let read = async || app.http.get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap();
    wait_until("it is counted", async || value(&read().await, &attempts("failed")) == Some(1.0)).await;
    assert_eq!(value(&read().await, &attempts("done")), Some(1.0), "the challenge");
}

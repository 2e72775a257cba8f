//! What a subscriber held is free when it goes, however it goes.

use std::net::TcpListener;

use serde_json::json;

use super::FOLLOW;
use super::socket::Socket;
use crate::support::{App, Store, Wishes, wait_until};

const ALL: &str = "subscription { events { type } }";

#[tokio::test]
async fn what_a_subscriber_held_is_free_when_it_goes() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let environment = vec![("MERIDIAN_METRICS__LISTEN", address.clone())];
    let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
    let held = async |sockets: u32, subscriptions: u32, groups: u32, logs: u32| {
        let expected = [
            format!("meridian_sockets {sockets}"),
            format!("meridian_subscriptions {subscriptions}"),
            format!("meridian_subscription_groups {groups}"),
            format!("meridian_followed_logs {logs}"),
        ];
        let what = expected.join(", ");
        wait_until(&what, async || {
            let measures =
                app.http.get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap();
            expected.iter().all(|line| measures.lines().any(|found| found == line))
        })
        .await;
    };
    let token = app.as_persona("ops").token().await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        let mut socket = Socket::open(&app.url, &token).await;
        socket.subscribe("some", FOLLOW, json!({})).await;
        socket.subscribe("all", ALL, json!({})).await;
        sockets.push(socket);
    }
    held(3, 6, 2, 1).await;
    sockets[0].complete("some").await;
    held(3, 5, 2, 1).await;
    // Without a goodbye.
    drop(sockets.pop());
    held(2, 3, 2, 1).await;
    sockets.pop().unwrap().close().await;
    held(1, 1, 1, 1).await;
    sockets[0].complete("all").await;
    held(1, 0, 0, 0).await;
    // The id is free again, and so is the log.
    sockets[0].subscribe("all", ALL, json!({})).await;
    held(1, 1, 1, 1).await;
    sockets.clear();
    held(0, 0, 0, 0).await;
}

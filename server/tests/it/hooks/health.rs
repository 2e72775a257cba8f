//! How a connection is doing: to its workspace by query, to operators by measures and logs; and what is forgotten.

use std::net::TcpListener;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Delivery, Scheme, form_of, now};
use crate::support::{App, Part, Store, Wishes, wait_until};

async fn health(app: &App) -> Value {
    let document = "{ connections { id inboundHealth {
        lastAcceptedAt lastRejectedAt lastRejectedReason counts { outcome reason count } } } }";
    let data = app.as_persona("admin").gql(document, json!({})).await;
    let connection = json!(app.manifest.hooks.connection_id);
    let all = data["connections"].as_array().unwrap();
    all.iter().find(|found| found["id"] == connection).unwrap()["inboundHealth"].clone()
}

/// One of each.
async fn traffic(app: &App) {
    let fits = Delivery::new(app, Scheme::Standard, "fits", form_of("fits"));
    for delivery in [&fits, &fits, &fits] {
        assert_eq!(delivery.send(app).await.status, 202);
    }
    assert_eq!(Delivery::new(app, Scheme::Standard, "does-not", b"{}".to_vec()).send(app).await.status, 202);
    assert_eq!(Delivery::aged(app, Scheme::Standard, "old", form_of("old"), 400).send(app).await.status, 401);
    for _ in 0..2 {
        let forged = Delivery::signed(fits.url.clone(), OTHER_SECRET, Scheme::Standard, "x", form_of("forged"), now());
        assert_eq!(forged.send(app).await.status, 401);
    }
}

const OTHER_SECRET: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

both_stores!(a_workspace_sees_how_its_connection_is_doing, async |app: App| {
    assert_eq!(health(&app).await["counts"], json!([]));
    traffic(&app).await;
    let mut counted = Value::Null;
    wait_until("everything is counted", async || {
        counted = health(&app).await;
        let counts = counted["counts"].as_array().unwrap();
        counts.iter().map(|count| count["count"].as_i64().unwrap()).sum::<i64>() == 7
    })
    .await;
    let rejected = |reason: &str, count: i64| json!({"outcome": "REJECTED", "reason": reason, "count": count});
    let kept = |outcome: &str, count: i64| json!({"outcome": outcome, "reason": null, "count": count});
    let expected = json!([
        rejected("SIGNATURE_INVALID", 2),
        rejected("TIMESTAMP_OUT_OF_WINDOW", 1),
        kept("ACCEPTED", 1),
        kept("DUPLICATE", 2),
        kept("QUARANTINED", 1),
    ]);
    assert_eq!(counted["counts"], expected);
    assert_eq!(counted["lastRejectedReason"], "SIGNATURE_INVALID");
    assert!(counted["lastAcceptedAt"].is_string() && counted["lastRejectedAt"].is_string(), "{counted}");

    let log = app.process(Part::Api).log();
    assert_eq!(log.matches("a webhook was refused").count(), 3, "{log}");
    assert!(!log.contains("forms.example") && !log.contains(OTHER_SECRET), "{log}");
});

both_stores!(old_deliveries_and_counts_go_and_quarantine_stays, async |app: App| {
    traffic(&app).await;
    wait_until("something is counted", async || health(&app).await["counts"] != json!([])).await;
    #[expect(clippy::disallowed_methods, reason = "the test looks back from the future")]
    let now = chrono::Utc::now();
    for (days, expected) in [(-34, 0), (1, 0)] {
        let gone = persistence::webhooks::forget_inbound(&app.database, now + TimeDelta::days(days)).await.unwrap();
        assert_eq!(gone, expected, "what is in quarantine stays");
    }
    let id = app.as_persona("admin").gql("{ inboundDeliveries { nodes { id } } }", json!({})).await;
    let id = &id["inboundDeliveries"]["nodes"][0]["id"];
    app.as_persona("admin").mutate("discardQuarantined", json!({"id": id, "reason": "Old."}), "delivery { id }").await;
    let future = now + TimeDelta::days(1);
    assert_eq!(persistence::webhooks::forget_inbound(&app.database, now - TimeDelta::days(1)).await.unwrap(), 0);
    assert_eq!(persistence::webhooks::forget_inbound(&app.database, future).await.unwrap(), 1);
    assert!(persistence::webhooks::forget_traffic(&app.database, future).await.unwrap() > 0);
});

#[tokio::test]
async fn operators_see_outcomes_by_connection() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let environment = vec![("MERIDIAN_METRICS__LISTEN", address.clone())];
    let app = App::start_with(Store::Sqlite, Wishes { environment, ..Wishes::default() }).await;
    traffic(&app).await;
    app.http.post(format!("{}/hooks/nobody", app.url)).send().await.unwrap();
    let measures = app.http.get(format!("http://{address}/metrics")).send().await.unwrap().text().await.unwrap();
    let connection = app.manifest.hooks.connection_id;
    for (connection, outcome, count) in [
        (connection.to_string(), "accepted", 1),
        (connection.to_string(), "duplicate", 2),
        (connection.to_string(), "quarantined", 1),
        (connection.to_string(), "SIGNATURE_INVALID", 2),
        (connection.to_string(), "TIMESTAMP_OUT_OF_WINDOW", 1),
        ("unknown".to_owned(), "NOT_FOUND", 1),
    ] {
        let line =
            format!("meridian_inbound_deliveries_total{{connection=\"{connection}\",outcome=\"{outcome}\"}} {count}\n");
        assert!(measures.contains(&line), "{line}{measures}");
    }
}

//! Many senders of one thing, and a server that is killed while they send.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{Delivery, Scheme, form_of, now, runs};
use crate::support::{App, wait_until};

const SENDERS: usize = 50;
const TIMES: usize = 200;

both_stores!(ten_thousand_duplicates_from_fifty_senders_are_one, async |app: App| {
    let hooks = &app.manifest.hooks;
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..SENDERS {
        // Each signs for itself, at its own moment.
        let deliveries: Vec<_> = (0..TIMES)
            .map(|time| {
                let at = now() - i64::try_from((sender + time) % 60).unwrap();
                let url = format!("{}/hooks/{}", app.url, hooks.connection_id);
                let delivery =
                    Delivery::signed(url, &hooks.signing_secret, Scheme::Standard, "flood", form_of("flood"), at);
                delivery.request(&app)
            })
            .collect();
        senders.spawn(async move {
            let mut answers = Vec::new();
            for delivery in deliveries {
                let answer = delivery.send().await.unwrap();
                assert_eq!(answer.status(), 202);
                answers.push(answer.json::<Value>().await.unwrap());
            }
            answers
        });
    }
    let answers = senders.join_all().await.concat();
    let new = answers.iter().filter(|answer| answer["duplicate"] == false).count();
    assert_eq!((answers.len(), new), (SENDERS * TIMES, 1));
    assert!(answers.iter().all(|answer| answer["submission"] == answers[0]["submission"]));
    assert_eq!(runs(&app).await, 1);
});

/// The `number`-th delivery: a form that fits, one that does not, or a batch.
fn delivery(app: &App, number: usize) -> Delivery {
    let hooks = &app.manifest.hooks;
    let signed = |path: &str, body: Vec<u8>| {
        let url = format!("{}/hooks/{}{path}", app.url, hooks.connection_id);
        Delivery::signed(url, &hooks.signing_secret, Scheme::Standard, &format!("killed-{number}"), body, now())
    };
    match number % 3 {
        0 => signed("", form_of("killed")),
        1 => signed("", b"{}".to_vec()),
        _ => {
            let form: Value = serde_json::from_slice(&form_of("killed")).unwrap();
            let items = [0, 1].map(|place| json!({"id": format!("killed-{number}-{place}"), "body": form}));
            signed("/batch", json!(items).to_string().into_bytes())
        }
    }
}

/// Whether an answer says that nothing of it is new.
fn was_known(answer: &Value) -> bool {
    match answer["results"].as_array() {
        Some(results) => results.iter().all(|result| result["status"] == "duplicate"),
        None => answer["duplicate"] == true,
    }
}

both_stores!(nothing_that_was_acknowledged_is_lost_by_a_kill, async |mut app: App| {
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..10 {
        let requests: Vec<_> = (0..30).map(|n| sender * 30 + n).map(|n| (n, delivery(&app, n).request(&app))).collect();
        let acknowledged = Arc::clone(&acknowledged);
        senders.spawn(async move {
            let mut answers = Vec::new();
            for (number, request) in requests {
                let accepted = request.send().await.is_ok_and(|answer| answer.status().is_success());
                acknowledged.fetch_add(usize::from(accepted), Ordering::Relaxed);
                answers.push((number, accepted));
            }
            answers
        });
    }
    wait_until("some are acknowledged", async || acknowledged.load(Ordering::Relaxed) >= 60).await;
    app.kill9_all();
    let answers = senders.join_all().await.concat();
    let accepted = acknowledged.load(Ordering::Relaxed);
    assert!((60..300).contains(&accepted), "the server was killed in the middle, not after {accepted} of 300");

    app.start_missing().await;
    for (number, was_accepted) in answers {
        let reply = delivery(&app, number).send(&app).await;
        assert!(reply.status.is_success(), "{}", reply.text);
        assert!(!was_accepted || was_known(&reply.body), "an acknowledged delivery was lost: {}", reply.text);
    }
});

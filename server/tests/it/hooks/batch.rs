//! Many forms in one request: a result for each.

use serde_json::{Value, json};

use super::{Delivery, SCHEMES, Scheme, form_of, hex, now, runs};
use crate::support::{App, Reply};

fn item(id: &str, name: &str) -> Value {
    let body: Value = serde_json::from_slice(&form_of(name)).unwrap();
    json!({"id": id, "body": body})
}

fn batch(app: &App, scheme: Scheme, id: &str, body: impl Into<Vec<u8>>) -> Delivery {
    let hooks = &app.manifest.hooks;
    let url = format!("{}/hooks/{}/batch", app.url, hooks.connection_id);
    Delivery::signed(url, &hooks.signing_secret, scheme, id, body, now())
}

fn statuses(reply: &Reply) -> Vec<&str> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["results"].as_array().unwrap().iter().map(|result| result["status"].as_str().unwrap()).collect()
}

both_stores!(every_item_has_its_own_result, async |app: App| {
    Delivery::new(&app, Scheme::Standard, "known", form_of("known")).send(&app).await;
    let broken = json!({"id": "broken", "body": {"event": "webform_submitted"}});
    let items = json!([item("z", "z"), item("a", "a"), item("known", "known"), broken, item("a", "a")]).to_string();
    for (scheme, id) in SCHEMES.into_iter().zip(["batch-1", "batch-2"]) {
        let is_first = id == "batch-1";
        let reply = batch(&app, scheme, id, items.clone()).send(&app).await;
        let expected =
            if is_first { ["accepted", "accepted", "duplicate", "quarantined", "duplicate"] } else { ["duplicate"; 5] };
        assert_eq!(statuses(&reply), expected, "{}", reply.text);
        let results = reply.body["results"].as_array().unwrap();
        let ids: Vec<&str> = results.iter().map(|result| result["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["z", "a", "known", "broken", "a"], "in the order of the items");
        assert_eq!(results[1]["submission"], results[4]["submission"]);
        assert!(results[3]["quarantine"].is_string() && results[3]["violations"][0]["path"].is_string());
        assert_eq!(runs(&app).await, 3);
    }
});

both_stores!(a_thousand_at_once_and_not_one_more, async |app: App| {
    let items: Vec<Value> = (0..1000).map(|number| item(&format!("d-{number}"), "same")).collect();
    let whole = batch(&app, Scheme::Standard, "thousand", json!(items).to_string());
    // Two of them at once, in opposite order, so that they meet in the middle.
    let turned: Vec<Value> = items.iter().rev().cloned().collect();
    let turned = batch(&app, Scheme::Standard, "turned", json!(turned).to_string());
    let (one, other) = futures_util::future::join(whole.send(&app), turned.send(&app)).await;
    let accepted = |reply: &Reply| statuses(reply).iter().filter(|status| **status == "accepted").count();
    assert_eq!((accepted(&one) + accepted(&other), statuses(&one).len()), (1000, 1000));

    let more: Vec<Value> = items.into_iter().chain([item("d-1000", "same")]).collect();
    let refused = batch(&app, Scheme::Standard, "more", json!(more).to_string()).send(&app).await;
    assert_eq!((refused.status.as_u16(), &refused.body["errors"][0]["code"]), (422, &json!("FIELD_MISMATCH")));
});

both_stores!(what_is_no_batch_is_refused_as_a_whole, async |app: App| {
    let before = app.census().await;
    let check = async |delivery: Delivery, status: u16, code: &str, field: Value| {
        let reply = delivery.send(&app).await;
        let error = &reply.body["errors"][0];
        assert_eq!(
            (reply.status.as_u16(), &error["code"], &error["field"]),
            (status, &json!(code), &field),
            "{}",
            reply.text
        );
    };
    let signed = |body: &str| batch(&app, Scheme::Cl, "no-batch", body);
    check(signed("{"), 400, "BAD_REQUEST", Value::Null).await;
    check(signed("{}"), 422, "FIELD_MISMATCH", json!("")).await;
    check(signed("[]"), 422, "FIELD_MISMATCH", json!("")).await;
    let nameless = json!([item("fits", "fits"), {"body": {}}]).to_string();
    check(signed(&nameless), 422, "FIELD_MISMATCH", json!("/1/id")).await;
    check(signed(&" ".repeat((4 << 20) + 1)), 413, "PAYLOAD_TOO_LARGE", Value::Null).await;
    let mut damaged = signed("[]");
    damaged.headers[2].1 = format!("sha256={}", hex(&[0; 32]));
    check(damaged, 401, "SIGNATURE_INVALID", Value::Null).await;
    assert_eq!(app.census().await, before, "something was left behind");
});

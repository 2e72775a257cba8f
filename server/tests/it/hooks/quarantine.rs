//! Authentic deliveries that do not fit: kept, shown, repaired, discarded.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Delivery, Scheme, changed, form_of, runs};
use crate::support::{App, Reply, Store, codes};
use crate::target::form;

const SHOWN: &str = "delivery { id state deliveryId resolution { by reason submissionId } }";

/// A form whose address is none.
fn broken() -> Vec<u8> {
    changed("/contact/email", json!("zelda at example"))
}

async fn quarantined(app: &App, id: &str) -> Reply {
    let reply = Delivery::new(app, Scheme::Cl, id, broken()).send(app).await;
    assert_eq!((reply.status.as_u16(), &reply.body["duplicate"]), (202, &json!(false)), "{}", reply.text);
    reply
}

async fn in_quarantine(app: &App) -> Vec<Value> {
    let document = "{ inboundDeliveries(filter: {state: QUARANTINED}, first: 100) { nodes {
        id connectionId deliveryId correlationId body violations { path message keyword } resolution { by } } } }";
    let mut data = app.as_persona("admin").gql(document, json!({})).await;
    serde_json::from_value(data["inboundDeliveries"]["nodes"].take()).unwrap()
}

fn said(reply: &Reply) -> String {
    let mut text = format!("{}\n", reply.status.as_u16());
    for found in reply.body["violations"].as_array().unwrap() {
        let part = |name: &str| found[name].as_str().unwrap().to_owned();
        writeln!(text, "  {} ({}): {}", part("path"), part("keyword"), part("message")).unwrap();
    }
    text
}

both_stores!(what_makes_no_sense_is_kept_with_what_is_wrong, async |app: App| {
    let local = |local: &str, zone: &str| changed("/preferred_start", json!({"local": local, "time_zone": zone}));
    let mut two = form();
    two["version"] = json!(2);
    two["contact"] = json!({"email": "zelda at example", "nickname": "z", "phone": 7});
    let cases = vec![
        ("no body", Vec::new()),
        ("malformed JSON", br#"{"event":"#.to_vec()),
        ("not UTF-8", b"{\"event\":\"\xff\"}".to_vec()),
        ("JSON without end", vec![b'['; 100_000]),
        ("a list", b"[]".to_vec()),
        ("another event", changed("/event", json!("contact_deleted"))),
        ("several violations", two.to_string().into_bytes()),
        ("a time without an offset", changed("/occurred_at", json!("2026-11-21T09:00:00"))),
        ("30 February", changed("/occurred_at", json!("2026-02-30T09:00:00Z"))),
        ("an hour that comes twice", local("2026-11-01T01:30", "America/New_York")),
        ("an hour that does not come", local("2027-03-28T02:30", "Europe/Berlin")),
        ("an unknown zone", local("2027-03-28T12:30", "Mars/Olympus_Mons")),
    ];
    let (mut table, mut ids) = (String::new(), Vec::new());
    for (number, (name, body)) in cases.iter().enumerate() {
        let delivery = Delivery::new(&app, Scheme::Cl, &format!("kept-{number}"), body.clone());
        let kept = delivery.send(&app).await;
        write!(table, "{name}: {}", said(&kept)).unwrap();
        assert_eq!(kept.body["correlationId"], kept.header("x-correlation-id"));
        let again = delivery.send(&app).await;
        assert_eq!((&again.body["duplicate"], &again.body["quarantine"]), (&json!(true), &kept.body["quarantine"]));
        assert_eq!(again.body["violations"], kept.body["violations"]);
        ids.push(kept.body["quarantine"].clone());
    }
    insta::assert_snapshot!("violations", table);

    let mut shown = in_quarantine(&app).await;
    shown.reverse();
    assert_eq!(shown.iter().map(|one| one["id"].clone()).collect::<Vec<_>>(), ids);
    for (one, (name, body)) in shown.iter().zip(&cases) {
        assert_eq!(one["body"].as_str(), std::str::from_utf8(body).ok(), "{name}: the body is as it came");
    }
    assert_eq!(runs(&app).await, 0, "nothing of it was used");
});

both_stores!(a_repaired_form_runs_once, async |app: App| {
    let admin = app.as_persona("admin");
    let kept = quarantined(&app, "to-repair").await;
    let id = &kept.body["quarantine"];
    let form: Value = serde_json::from_slice(&form_of("repaired")).unwrap();
    let still: Value = serde_json::from_slice(&broken()).unwrap();
    let refused = admin.mutate("repairQuarantined", json!({"id": id, "body": still}), SHOWN).await;
    assert_eq!(codes(&refused), ["FIELD_MISMATCH"], "{refused}");

    let repaired = admin.mutate("repairQuarantined", json!({"id": id, "body": form}), SHOWN).await;
    let delivery = &repaired["delivery"];
    assert_eq!((&repaired["errors"], &delivery["state"]), (&json!([]), &json!("REPAIRED")), "{repaired}");
    let by = app.manifest.personas["admin"].client_id.to_string();
    assert_eq!(delivery["resolution"]["by"], json!(by));
    for mutation in ["repairQuarantined", "discardQuarantined"] {
        let mut input = json!({"id": id});
        match mutation {
            "repairQuarantined" => input["body"] = form.clone(),
            _ => input["reason"] = json!("Too late."),
        }
        assert_eq!(codes(&admin.mutate(mutation, input, SHOWN).await), ["NOT_QUARANTINED"], "{mutation}");
    }
    assert_eq!(runs(&app).await, 1);

    // The sender does not know that people have helped.
    let again = Delivery::new(&app, Scheme::Cl, "to-repair", broken()).send(&app).await;
    let submission = &delivery["resolution"]["submissionId"];
    assert_eq!((&again.body["duplicate"], &again.body["submission"]), (&json!(true), submission), "{}", again.text);
    let document = "query ($connection: ID!) {
        submission(connectionId: $connection, deliveryId: \"to-repair\") { id state correlationId } }";
    let found = admin.gql(document, json!({"connection": app.manifest.hooks.connection_id})).await;
    let expected = json!({"id": submission, "state": "PROCESSED", "correlationId": kept.body["correlationId"]});
    assert_eq!(found["submission"], expected);
    assert_eq!(runs(&app).await, 1);
});

both_stores!(what_is_discarded_is_not_used_and_says_why, async |app: App| {
    let admin = app.as_persona("admin");
    let id = quarantined(&app, "to-discard").await.body["quarantine"].take();
    let empty = admin.mutate("discardQuarantined", json!({"id": id, "reason": " "}), SHOWN).await;
    assert_eq!(codes(&empty), ["FIELD_MISMATCH"]);
    let discarded = admin.mutate("discardQuarantined", json!({"id": id, "reason": "A test of ours."}), SHOWN).await;
    assert_eq!(discarded["delivery"]["state"], "DISCARDED");
    assert_eq!(discarded["delivery"]["resolution"]["reason"], "A test of ours.");
    assert_eq!((in_quarantine(&app).await.len(), runs(&app).await), (0, 0));
    let unknown = json!({"id": "inb_01jd3v00000000000000000000", "reason": "No."});
    assert_eq!(codes(&admin.mutate("discardQuarantined", unknown, SHOWN).await), ["NOT_FOUND"]);
});

both_stores!(a_sender_may_correct_what_it_sent, async |app: App| {
    let id = quarantined(&app, "corrected").await.body["quarantine"].take();
    let corrected = Delivery::new(&app, Scheme::Cl, "corrected", form_of("corrected")).send(&app).await;
    assert_eq!((corrected.status.as_u16(), &corrected.body["duplicate"]), (202, &json!(false)), "{}", corrected.text);
    let document = "query ($id: ID!) { node(id: $id) { ... on InboundDelivery {
        state resolution { by submissionId } } } }";
    let found = app.as_persona("admin").gql(document, json!({"id": id})).await;
    let resolution = json!({"by": "sender", "submissionId": corrected.body["submission"]});
    assert_eq!(found["node"], json!({"state": "REPAIRED", "resolution": resolution}));
    assert_eq!(runs(&app).await, 1);
});

#[tokio::test]
async fn what_is_kept_is_sealed_and_shown_to_those_who_may_see_people() {
    let app = App::start(Store::Sqlite).await;
    quarantined(&app, "sealed").await;
    let document = "{ inboundDeliveries { nodes { body violations { message } } } }";
    let with = app.as_persona("ops").gql_response(document, json!({})).await;
    assert!(with.text.contains("zelda at example"), "{}", with.text);
    let without = app.as_persona("ops").narrowed("deliveries:read").await.gql_response(document, json!({})).await;
    assert!(without.body["errors"].is_null() && !without.text.contains("zelda at"), "{}", without.text);
    for file in std::fs::read_dir(app.folder()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        let found = bytes.windows(16).any(|bytes| bytes == b"zelda at example");
        assert!(!found, "{} has the body in the clear", path.display());
    }
}

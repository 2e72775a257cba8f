//! What contacts allow, by whomever it was heard: the ledger grows, and the last word holds.

use serde_json::{Value, json};

use crate::support::{App, fresh_key};

both_stores!(the_last_word_holds_and_nothing_is_overwritten, async |app: App| {
    let admin = app.as_persona("admin");
    let form = json!({"formId": "demo-request", "contact": {"email": "jo@initech.example"}});
    let submitted = admin.mutate("submitForm", form, "submission { contact { id } }").await;
    let contact = &submitted["submission"]["contact"]["id"];
    let said = async |permission: &str, at: &str| {
        let input = json!({
            "contactId": contact, "channel": "EMAIL", "permission": permission, "lawfulBasis": "CONSENT",
            "consentTimestamp": at, "source": "phone call",
        });
        let recorded = admin.mutate("recordConsent", input, "consent { consentTimestamp source }").await;
        assert_eq!(recorded["consent"], json!({"consentTimestamp": at, "source": "phone call"}), "{recorded}");
    };
    let status = async || {
        let document = "query($id: ID!) { contact(id: $id) {
            consentStatus { channel permission since } consents { permission }
        } }";
        admin.gql(document, json!({"id": contact})).await["contact"].take()
    };
    let now = |permission: &str, since: &str| json!([{"channel": "EMAIL", "permission": permission, "since": since}]);

    assert_eq!(status().await["consentStatus"], json!([]), "nobody has asked");
    said("GRANTED", "2026-02-01T09:00:00Z").await;
    assert_eq!(status().await["consentStatus"], now("GRANTED", "2026-02-01T09:00:00Z"));
    said("DENIED", "2026-03-01T09:00:00Z").await;
    assert_eq!(status().await["consentStatus"], now("DENIED", "2026-03-01T09:00:00Z"));
    // Heard late: it was said before the refusal.
    said("GRANTED", "2026-02-15T09:00:00Z").await;
    let after = status().await;
    assert_eq!(after["consentStatus"], now("DENIED", "2026-03-01T09:00:00Z"));
    let ledger: Vec<&Value> = after["consents"].as_array().unwrap().iter().map(|entry| &entry["permission"]).collect();
    assert_eq!(ledger, ["GRANTED", "GRANTED", "DENIED"], "by when it was said");

    app.settled().await;
    let log = "query($id: ID!) { events(filter: {entityId: $id, types: [\"consent_recorded\"]}, first: 10) {
        nodes { type }
    } }";
    let events = admin.gql(log, json!({"id": contact})).await;
    assert_eq!(events["events"]["nodes"].as_array().map(Vec::len), Some(3));
});

both_stores!(what_is_no_evidence_is_not_written_down, async |app: App| {
    let admin = app.as_persona("admin");
    let offer = app.open_offer(30).await;
    offer.booked("2031-01-07T10:00:00Z").await;
    let contacts = admin.gql("{ contacts(first: 1) { nodes { id } } }", json!({})).await;
    let statement = json!({
        "contactId": contacts["contacts"]["nodes"][0]["id"], "channel": "SMS", "permission": "GRANTED",
        "lawfulBasis": "CONSENT", "source": "phone call",
    });
    let check = async |field: &str, value: Value, expected: Value| {
        let mut input = statement.clone();
        input[field] = value;
        input["idempotencyKey"] = json!(fresh_key());
        let document = "mutation ($input: RecordConsentInput!) {
            recordConsent(input: $input) { consent { id } errors { code field } }
        }";
        let refused = admin.gql(document, json!({"input": input})).await["recordConsent"].take();
        assert_eq!((&refused["consent"], &refused["errors"][0]["code"]), (&Value::Null, &expected), "{refused}");
        assert_eq!(refused["errors"][0]["field"], format!("input.{field}"));
    };
    let mismatch = json!("FIELD_MISMATCH");
    check("source", json!("  "), mismatch.clone()).await;
    check("source", json!("a".repeat(201)), mismatch.clone()).await;
    check("wording", json!("a".repeat(4001)), mismatch.clone()).await;
    check("consentTimestamp", json!("2999-01-01T00:00:00Z"), mismatch).await;
    check("contactId", json!("con_01jd3v00000000000000000000"), json!("NOT_FOUND")).await;
    check("contactId", json!("nobody"), json!("NOT_FOUND")).await;
});

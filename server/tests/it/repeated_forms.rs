//! Somebody who writes more than once: what is newest stays newest, and one lead is one lead.

use serde_json::{Value, json};

use crate::support::{App, codes};

fn form(said_at: &str, company: &str, source: &str) -> Value {
    json!({
        "event": "webform_submitted", "version": 1, "occurred_at": said_at, "form_id": "demo-request",
        "contact": {"email": "ada@engines.example", "company": company, "country": "GB"},
        "attribution": {"utm_source": source},
    })
}

both_stores!(what_is_newest_does_not_depend_on_which_delivery_arrives_first, async |app: App| {
    let (earlier, later) =
        (form("2026-11-01T09:00:00Z", "Engines", "google"), form("2026-11-02T09:00:00Z", "Looms", "newsletter"));
    for (delivery, payload) in [("second", &later), ("first", &earlier)] {
        assert_eq!(app.webhook().send(delivery, payload).await.status, 202);
        app.settled().await;
    }
    let wanted = "companyName attribution { latestSource utmSource } activities { attribution { utmSource } }";
    let document = format!("{{ contacts(first: 2) {{ nodes {{ {wanted} }} }} }}");
    let found = app.as_persona("admin").gql(&document, json!({})).await;
    let touches = json!([{"attribution": {"utmSource": "newsletter"}}, {"attribution": {"utmSource": "google"}}]);
    let ada = json!({
        "companyName": "Looms", "attribution": {"latestSource": "newsletter", "utmSource": "newsletter"},
        "activities": touches,
    });
    assert_eq!(found["contacts"]["nodes"], json!([ada]));
});

both_stores!(the_forms_of_a_lead_who_has_an_owner_cost_nobody_capacity, async |app: App| {
    let admin = app.as_persona("admin");
    let send = async |email: &str| {
        let input = json!({"formId": "demo-request", "contact": {"email": email, "country": "US"}});
        let wanted = "submission { owner { id } contact { tasks { subject } } }";
        let sent = admin.mutate("submitForm", input, wanted).await;
        assert_eq!(codes(&sent), [""; 0]);
        sent["submission"].clone()
    };
    let first = send("ada@engines.example").await;
    for _ in 0..30 {
        let again = send("ada@engines.example").await;
        assert_eq!(again["owner"], first["owner"]);
        assert_eq!(again["contact"]["tasks"][0]["subject"], "Your lead has written again");
    }
    let others = [send("bob@looms.example").await, send("cyd@mills.example").await];
    assert!(others.iter().any(|lead| lead["owner"] == first["owner"]), "the owner's turn comes again: {others:?}");
    assert!(others.iter().all(|lead| lead["contact"]["tasks"][0]["subject"] == "Get in touch with the new lead"));
});

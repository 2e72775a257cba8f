//! The whole way once: a form comes in, a meeting is booked, held and noted, and the CRM knows all of it.

use serde_json::{Value, json};

use crate::support::{App, Caller, wait_until};

/// Follows the whole journey.
const CORRELATION: &str = "journey.of-jo-park";

fn form() -> Value {
    json!({
        "event": "webform_submitted", "version": 1, "occurred_at": "2026-11-01T09:30:00+01:00",
        "form_id": "demo-request", "meeting_type": "demo", "product_line": "scheduling",
        "contact": {
            "email": " Jo.Park@Initech.example", "full_name": "Jo Park", "company": "Initech",
            "job_title": "VP Operations", "phone": "(212) 555-0142", "country": "US", "time_zone": "America/New_York",
        },
        "answers": {"company_size": "201-1000"},
        "attribution": {"utm_source": "google", "utm_campaign": "autumn", "lead_source": "web form"},
        "consents": [{
            "channel": "email", "permission": "granted", "lawful_basis": "consent",
            "timestamp": "2026-11-01T09:30:00+01:00", "wording": "Write to me.",
        }],
    })
}

/// The submission that the webhook brought, once the worker has been through it.
async fn processed(caller: &Caller<'_>, connection: &str) -> Value {
    let document = r#"query ($connection: ID!) {
        submission(connectionId: $connection, deliveryId: "delivery-1") {
            state correlationId score owner { id name } meetingType { id slug } slots { startsAt hosts { id } }
            routingDecision { owner { id } steps { step } } contact { id email phone givenName familyName lifecycle
            attribution { originalSource latestSource leadSource utmCampaign } account { name domain }
            consents { channel permission } tasks { subject dueAt } activities { kind } }
        }
    }"#;
    let mut submission = Value::Null;
    wait_until("the worker has been through the form", async || {
        submission = caller.gql(document, json!({"connection": connection})).await["submission"].take();
        submission["state"] == "PROCESSED"
    })
    .await;
    submission
}

async fn event_types(caller: &Caller<'_>) -> Vec<String> {
    let document = "query ($filter: EventFilterInput!) { events(first: 100, filter: $filter) { nodes { type } } }";
    let data = caller.gql(document, json!({"filter": {"correlationId": CORRELATION}})).await;
    let nodes = data["events"]["nodes"].as_array().unwrap();
    nodes.iter().map(|node| node["type"].as_str().unwrap().to_owned()).collect()
}

/// What the CRM keeps of the one record of a kind: these properties.
async fn kept<const N: usize>(app: &App, kind: &str, properties: [&str; N]) -> [Value; N] {
    let mut records = app.crm().objects(kind).await;
    assert_eq!(records.len(), 1, "{kind}: {records:?}");
    properties.map(|name| records[0]["properties"][name].take())
}

both_stores!(from_a_form_to_a_recorded_outcome, async |app: App| {
    let admin = app.as_persona("admin").with_header("x-correlation-id", CORRELATION);

    // In, and through the pipeline.
    let taken = app.webhook().send_correlated("delivery-1", &form(), Some(CORRELATION)).await;
    assert_eq!((taken.status.as_u16(), taken.header("x-correlation-id")), (202, CORRELATION), "{}", taken.text);
    let lead = processed(&admin, &app.manifest.hooks.connection_id.to_string()).await;
    check_lead(&lead);
    let again = app.webhook().send("delivery-1", &form()).await;
    assert_eq!((again.status.as_u16(), &again.body["duplicate"]), (202, &json!(true)), "{}", again.text);

    // Offered, held, booked.
    let slot = &lead["slots"][0]["startsAt"];
    let (offer, owner) = (&lead["meetingType"]["id"], &lead["owner"]["id"]);
    let wish = json!({"meetingTypeId": offer, "hostId": owner, "startsAt": slot});
    let hold = admin.mutate("holdSlot", wish, "hold { id startsAt }").await;
    assert_eq!(hold["hold"]["startsAt"], *slot, "{hold}");
    let booking = json!({
        "meetingTypeId": offer, "hostId": owner, "startsAt": slot, "holdId": hold["hold"]["id"],
        "contactId": lead["contact"]["id"], "timeZone": "America/New_York", "note": "About our rota.",
    });
    let selection = "meeting { id title calendarUid host { id } attribution { latestSource } }";
    let meeting = admin.mutate("bookMeeting", booking, selection).await["meeting"].take();
    assert_eq!(meeting["host"]["id"], *owner, "{meeting}");
    assert_eq!(meeting["attribution"], json!({"latestSource": "google"}));

    // In the CRM, and receipts from there.
    app.settled().await;
    check_crm(&app, &meeting, "SCHEDULED").await;
    let document = "query ($id: ID!) { meeting(id: $id) { status crmRecords { version } contact { lifecycle } } }";
    let known = admin.gql(document, json!({"id": meeting["id"]})).await["meeting"].take();
    assert_eq!(known["crmRecords"], json!([{"version": 1}]), "{known}");

    // Noted.
    let outcome = json!({"meetingId": meeting["id"], "outcome": "COMPLETED", "expectedVersion": 1});
    let noted = admin.mutate("recordMeetingOutcome", outcome, "meeting { status }").await;
    assert_eq!(noted, json!({"meeting": {"status": "COMPLETED"}, "errors": []}));
    app.settled().await;
    check_crm(&app, &meeting, "COMPLETED").await;

    // One id everywhere.
    check_events(&event_types(&admin).await);
    for call in app.crm().log().await.iter().filter(|call| call["method"] != "GET") {
        assert_eq!(call["headers"]["x-correlation-id"], CORRELATION, "{call}");
    }
});

fn check_lead(lead: &Value) {
    assert_eq!(lead["correlationId"], CORRELATION);
    assert_eq!(lead["score"], 85);
    assert_eq!(lead["meetingType"]["slug"], "demo");
    assert_eq!(lead["routingDecision"]["owner"]["id"], lead["owner"]["id"]);
    let slots = lead["slots"].as_array().unwrap();
    assert_eq!(slots.len(), 12);
    assert!(slots.iter().all(|slot| slot["hosts"] == json!([{"id": lead["owner"]["id"]}])), "{lead}");
    let mut contact = lead["contact"].clone();
    let task = contact["tasks"][0].take();
    assert!(task["dueAt"].is_string(), "{task}");
    contact.as_object_mut().unwrap().retain(|field, _| !matches!(field.as_str(), "id" | "tasks"));
    let attribution = json!({
        "originalSource": "google", "latestSource": "google", "leadSource": "web form", "utmCampaign": "autumn",
    });
    let expected = json!({
        "email": "jo.park@initech.example", "phone": "+12125550142", "givenName": "Jo", "familyName": "Park",
        "lifecycle": "MQL", "attribution": attribution,
        "account": {"name": "Initech", "domain": "initech.example"},
        "consents": [{"channel": "EMAIL", "permission": "GRANTED"}], "activities": [{"kind": "form_submit"}],
    });
    assert_eq!(contact, expected);
}

async fn check_crm(app: &App, meeting: &Value, outcome: &str) {
    let contact = kept(app, "contacts", ["email", "phone", "firstname", "lastname"]).await;
    assert_eq!(contact, ["jo.park@initech.example", "+12125550142", "Jo", "Park"].map(Value::from));
    let told = kept(app, "meetings", ["meridian_meeting_id", "meridian_calendar_uid", "hs_meeting_outcome"]).await;
    assert_eq!(told, [meeting["id"].clone(), meeting["calendarUid"].clone(), json!(outcome)]);
    let [task] = kept(app, "tasks", ["hs_task_status"]).await;
    assert_eq!(task, "NOT_STARTED");
}

fn check_events(types: &[String]) {
    let facts: Vec<_> = types.iter().map(String::as_str).filter(|kind| *kind != "crm_receipt").collect();
    let expected = [
        "submission_received",
        "contact_created",
        "form_submitted",
        "consent_recorded",
        "score_changed",
        "MQL_reached",
        "lead_routed",
        "task_created",
        // Booking gives points.
        "contact_updated",
        "score_changed",
        "meeting_booked",
        "meeting_outcome",
    ];
    assert_eq!(facts, expected);
    assert!(types.len() - facts.len() >= 4, "contact, task and twice the meeting were confirmed: {types:?}");
}

//! Personal data: seen with `contacts.pii:read`, absent without it, and never in the event log.

use serde_json::{Value, json};

use crate::support::{App, Part, Store, Wishes};
use crate::target::{PERSONAL, Target};

/// Every field of a contact that is or holds personal data, and some that do not.
const CONTACT: &str = "id email phone givenName familyName companyName jobTitle country lifecycle
    activities { kind properties } tasks { subject } routingDecision { explanation steps { because } }";

const MEETING: &str = "id title note cancelReason location calendarUid";

/// Every way to a contact or a meeting.
fn ways(target: &Target) -> Vec<String> {
    let Target { contact, cancelled, meeting, connection, submission, .. } = target;
    vec![
        format!("{{ contact(id: \"{contact}\") {{ {CONTACT} consents {{ source wording }} consentStatus {{ recordId }} }} }}"),
        format!("{{ contact(id: \"{contact}\") {{ meetings {{ nodes {{ {MEETING} contact {{ {CONTACT} }} }} }} }} }}"),
        format!("{{ contacts(first: 5) {{ nodes {{ {CONTACT} }} }} }}"),
        format!("{{ node(id: \"{contact}\") {{ ... on Contact {{ {CONTACT} }} }} }}"),
        format!(
            "{{ nodes(ids: [\"{contact}\", \"{cancelled}\"]) {{
            ... on Contact {{ {CONTACT} }} ... on Meeting {{ {MEETING} contact {{ {CONTACT} }} }}
        }} }}"
        ),
        format!("{{ meeting(id: \"{meeting}\") {{ {MEETING} contact {{ {CONTACT} }} }} }}"),
        format!("{{ meetings(first: 5) {{ nodes {{ {MEETING} contact {{ {CONTACT} }} }} }} }}"),
        format!(
            "{{ submission(connectionId: \"{connection}\", deliveryId: \"{submission}\") {{
            id warnings contact {{ {CONTACT} }} routingDecision {{ explanation }}
        }} }}"
        ),
        format!(
            "{{ events(first: 20) {{ nodes {{
            type entityId data ... on MeetingBooked {{ meeting {{ {MEETING} contact {{ id email phone }} }} }}
        }} }} }}"
        ),
        "{ deadLetters(first: 5) { nodes { id payload lastError lane destination } } }".to_owned(),
        "{ inboundDeliveries(first: 5) { nodes { id body violations { path message } headers } } }".to_owned(),
        "{ webhookEndpoints(first: 5) { nodes { url attempts(first: 20) { nodes { requestBody responseBody error } } } } }"
            .to_owned(),
        "{ hosts { name email weeklyHours { start } } meetingTypes { name location } connections { name baseUrl }
           destinations { destination } replays { nodes { id } } pageTokens { nodes { name } } viewer { scopes } }"
            .to_owned(),
    ]
}

/// Everything that a caller gets to see of the target, refusals included.
async fn seen(app: &App, target: &Target, persona: &str, without: &[&str]) -> Vec<Value> {
    let scopes = app.manifest.personas[persona].scopes.iter().map(String::as_str);
    let scopes: Vec<&str> = scopes.filter(|scope| !without.contains(scope)).collect();
    let caller = app.as_persona(persona).narrowed(&scopes.join(" ")).await;
    let mut seen = Vec::new();
    for way in ways(target) {
        let reply = caller.gql_response(&way, json!({})).await;
        assert!(!reply.text.contains("COST_EXCEEDED"), "{way}: {}", reply.text);
        seen.push(reply.body);
    }
    seen
}

fn found(seen: &[Value]) -> Vec<&'static str> {
    let text = Value::from(seen).to_string();
    PERSONAL.into_iter().filter(|personal| text.contains(personal)).collect()
}

both_stores!(personal_data_is_seen_with_the_scope_for_it_only, async |app: App| {
    let target = Target::arrive(&app).await;
    assert_eq!(found(&seen(&app, &target, "admin", &[]).await), PERSONAL, "the proof that there is something to hide");

    assert_eq!(found(&seen(&app, &target, "partner", &[]).await), [""; 0]);
    let blind = seen(&app, &target, "admin", &["contacts.pii:read"]).await;
    assert_eq!(found(&blind), [""; 0], "{blind:#?}");
    let contact = &blind[0]["data"]["contact"];
    for field in ["email", "phone", "givenName", "familyName"] {
        assert_eq!(contact[field], Value::Null, "{field}");
    }
    assert_eq!(contact["activities"][0]["properties"], Value::Null);
    let meeting = &blind[4]["data"]["nodes"][1];
    assert_eq!((&meeting["note"], &meeting["cancelReason"]), (&Value::Null, &Value::Null));
    assert_eq!(meeting["contact"]["id"], json!(target.contact), "the contact is there, without what is personal");
    let dead = &blind[9]["data"]["deadLetters"]["nodes"][0];
    assert_eq!(dead["id"], json!(target.dead_letter));
    let repeated = dead["lastError"].as_str().unwrap();
    assert!(repeated.contains("[…] is not welcome"), "what the CRM repeats is struck out: {repeated}");

    let partner = seen(&app, &target, "partner", &[]).await;
    assert_eq!(partner[6]["data"]["meetings"]["nodes"][0]["contact"], Value::Null);
    assert_eq!(partner[3]["data"]["node"], Value::Null, "hidden looks like unknown");
});

both_stores!(nobody_finds_out_by_searching, async |app: App| {
    Target::arrive(&app).await;
    let document = "{ contacts(filter: {email: \"zelda.quux@zeldaworks.example\"}) { nodes { id } } }";
    let blind = app.as_persona("admin").narrowed("contacts:read").await;
    let reply = blind.gql_response(document, json!({})).await;
    assert_eq!(reply.body["errors"][0]["extensions"]["requiredScope"], "contacts.pii:read");
    assert_eq!(reply.body["data"], Value::Null);
});

/// The log at the level that operators run it with.
async fn check_logs(store: Store) {
    let environment = vec![("MERIDIAN_LOG__FILTER", "info".to_owned())];
    let app = App::start_with(store, Wishes { environment, ..Wishes::default() }).await;
    Target::arrive(&app).await;
    let log = app.log_text().await;
    assert!(log.contains("con_") || log.contains("contact"), "the log tells of the contact: {log}");
    assert_eq!(found(&[Value::from(log)]), [""; 0]);
    let said = [Part::Api, Part::Worker].map(|part| app.process(part).log()).concat();
    assert!(said.contains("an operation was answered"), "it tells of the requests: {said}");
    assert!(said.contains("PERMANENT") || said.contains("dead"), "it tells of the CRM's refusal: {said}");
    assert_eq!(found(&[Value::from(said.clone())]), [""; 0], "{said}");
}

#[tokio::test]
async fn the_logs_hold_no_personal_data_on_sqlite() {
    check_logs(Store::Sqlite).await;
}

#[tokio::test]
async fn the_logs_hold_no_personal_data_on_postgres() {
    check_logs(Store::Postgres).await;
}

both_stores!(the_log_hides_what_fields_hide, async |app: App| {
    let form = json!({"formId": "demo-request", "contact": {"email": "ann@initech.example", "country": "GB"}});
    app.as_persona("admin").mutate("submitForm", form, "submission { id }").await;
    app.settled().await;
    let hidden = [("score_changed", "score"), ("lead_routed", "owner"), ("crm_receipt", "external_id")];
    for (persona, sees) in [("admin", true), ("partner", false)] {
        let log = app.as_persona(persona).gql("{ events(first: 50) { nodes { type data } } }", json!({})).await;
        let nodes = log["events"]["nodes"].as_array().unwrap();
        for (kind, field) in hidden {
            let event = nodes.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("no {kind}: {log}"));
            let value = event["data"].get(field).unwrap_or_else(|| panic!("{event} has no {field}"));
            assert_eq!(!value.is_null(), sees, "{persona}: {event}");
        }
    }
});

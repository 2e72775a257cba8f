//! Who may do what: every root field, as each persona and without a token. A root field that is not called here fails
//! the test, and so does an answer that the policy table does not foresee.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use domain::access::Grants;
use domain::access::policy;
use serde_json::{Value, json};

use crate::listener::Listener;
use crate::support::{App, Caller, Reply, fresh_key};
use crate::target::Target;

const PERSONAS: [&str; 5] = ["anonymous", "host", "ops", "admin", "partner"];

/// A call of one root field.
pub struct Call {
    pub field: &'static str,
    pub document: String,
    pub variables: Value,
}

fn query(field: &'static str, call: &str) -> Call {
    Call { field, document: format!("{{ {field}{call} }}"), variables: json!({}) }
}

/// `input` as far as the server checks it before it looks at the token's scopes.
fn mutation(field: &'static str, input: Value) -> Call {
    let (first, rest) = field.split_at(1);
    let kind = format!("{}{rest}Input", first.to_uppercase());
    let mut input = input;
    input["idempotencyKey"] = json!(fresh_key());
    let document = format!("mutation ($input: {kind}!) {{ {field}(input: $input) {{ errors {{ code }} }} }}");
    Call { field, document, variables: json!({ "input": input }) }
}

fn queries(target: &Target) -> Vec<Call> {
    let Target { contact, meeting, meeting_type, connection, submission, .. } = target;
    let range = r#"from: "2031-01-01T00:00:00Z", until: "2031-01-02T00:00:00Z""#;
    vec![
        query("availability", &format!(r#"(input: {{meetingTypeId: "{meeting_type}", {range}}}) {{ timeZone }}"#)),
        query("client", r#"(id: "cli_01jd3v00000000000000000000") { id name }"#),
        query("connections", " { id name baseUrl }"),
        query("contact", &format!(r#"(id: "{contact}") {{ id email }}"#)),
        query("contacts", " { nodes { id email } }"),
        query("deadLetters", " { nodes { id payload lastError } }"),
        query("destinations", " { destination depth deadLetters }"),
        query("errorCatalogue", " { code }"),
        query("events", " { nodes { id data } }"),
        query("hosts", " { id name }"),
        query("inboundDeliveries", " { nodes { id state } }"),
        query("meeting", &format!(r#"(id: "{meeting}") {{ id title }}"#)),
        query("meetingType", r#"(slug: "demo") { id name }"#),
        query("meetingTypes", " { id name }"),
        query("meetings", " { nodes { id title } }"),
        query("node", &format!(r#"(id: "{meeting_type}") {{ id }}"#)),
        query("nodes", &format!(r#"(ids: ["{meeting_type}"]) {{ id }}"#)),
        query("pageTokens", " { nodes { id origins } }"),
        query("replay", r#"(id: "rpl_01jd3v00000000000000000000") { id }"#),
        query("replays", " { nodes { id matched } }"),
        query("submission", &format!(r#"(connectionId: "{connection}", deliveryId: "{submission}") {{ id score }}"#)),
        query("webhookEndpoints", " { nodes { id url } }"),
        query("viewer", " { clientId scopes }"),
    ]
}

fn mutations(target: &Target) -> Vec<Call> {
    let Target { meeting, meeting_type, host, hold, busy, dead_letter, .. } = target;
    let starts = "2031-01-01T00:00:00Z";
    let schedule = json!({"timeZone": "Europe/London", "weekly": []});
    // Well-formed, and refused as data to those who may: the matrix is about scopes and is to change nothing.
    let nobody = "hst_01jd3v00000000000000000000";
    let endpoint = |field| mutation(field, json!({"endpointId": "wep_01jd3v00000000000000000000"}));
    let url = "ftp://nowhere.example";
    let update = json!({"endpointId": "wep_01jd3v00000000000000000000", "expectedVersion": 99, "url": url});
    let mut all: Vec<Call> = [
        "deleteWebhookEndpoint",
        "disableWebhookEndpoint",
        "enableWebhookEndpoint",
        "rotateWebhookSecret",
        "sendTestEvent",
        "verifyWebhookEndpoint",
    ]
    .map(endpoint)
    .into();
    all.push(mutation("startReplay", json!({"endpointId": "wep_01jd3v00000000000000000000"})));
    let replay = json!({"replayId": "rpl_01jd3v00000000000000000000"});
    all.extend(["cancelReplay", "pauseReplay", "resumeReplay"].map(|field| mutation(field, replay.clone())));
    all.push(mutation("createWebhookEndpoint", json!({"url": url})));
    all.push(mutation("updateWebhookEndpoint", update));
    all.extend([
        mutation("addBusyTime", json!({"hostId": nobody, "startsAt": starts, "endsAt": starts})),
        mutation("bookMeeting", json!({"meetingTypeId": meeting_type, "startsAt": starts, "timeZone": "UTC"})),
        mutation("cancelMeeting", json!({"meetingId": meeting, "expectedVersion": 99})),
        mutation("createHost", json!({"email": "no address", "name": "", "schedule": schedule})),
        mutation(
            "createMeetingType",
            json!({"hostIds": [host], "name": "", "slug": "", "rules": {"durationMinutes": 0}}),
        ),
        mutation("createPageToken", json!({"name": "", "origins": [], "meetingTypeIds": []})),
        mutation("revokePageToken", json!({"pageTokenId": nobody})),
        mutation("discardDeadLetter", json!({"deliveryId": dead_letter.replace("dlv_", "mtg_"), "reason": "No."})),
        mutation(
            "editDeadLetter",
            json!({"deliveryId": dead_letter.replace("dlv_", "mtg_"), "body": {}, "reason": "No."}),
        ),
        mutation("discardQuarantined", json!({"id": "inb_01jd3v00000000000000000000", "reason": "No."})),
        mutation("holdSlot", json!({"meetingTypeId": nobody, "startsAt": starts})),
        mutation("publishRoutingRules", json!({"slaMinutes": 0, "territories": []})),
        mutation("publishScoringModel", json!({"threshold": 1, "rules": [{"nonsense": true}]})),
        mutation(
            "recordConsent",
            json!({
                "contactId": nobody, "channel": "EMAIL", "permission": "DENIED", "lawfulBasis": "CONSENT",
                "source": "phone call",
            }),
        ),
        mutation("recordMeetingOutcome", json!({"meetingId": meeting, "outcome": "NO_SHOW", "expectedVersion": 99})),
        mutation("releaseHold", json!({"holdId": hold.replace("hld_", "mtg_")})),
        mutation("removeBusyTime", json!({"busyTimeId": busy.replace("bsy_", "mtg_")})),
        mutation("repairQuarantined", json!({"id": "inb_01jd3v00000000000000000000", "body": {}})),
        mutation("replayDeadLetter", json!({"deliveryId": dead_letter.replace("dlv_", "mtg_")})),
        mutation("replayDeadLetters", json!({"limit": 0})),
        mutation("rescheduleMeeting", json!({"meetingId": meeting, "startsAt": starts, "expectedVersion": 99})),
        mutation("registerDocuments", json!({"clientId": nobody, "documents": []})),
        mutation("setClientOrigins", json!({"clientId": nobody, "origins": []})),
        mutation("setDocumentPolicy", json!({"clientId": nobody, "policy": "ANY"})),
        mutation("unregisterDocuments", json!({"clientId": nobody, "hashes": []})),
        mutation("setDeliveryPolicy", json!({"destinationId": nobody, "onDeath": "SKIP"})),
        mutation("setSchedule", json!({"hostId": nobody, "schedule": schedule})),
        mutation("submitForm", json!({"formId": "", "contact": {"email": "no address"}})),
    ]);
    all
}

/// A call of every query and every mutation.
pub fn calls(target: &Target) -> Vec<Call> {
    queries(target).into_iter().chain(mutations(target)).collect()
}

const SUBSCRIPTIONS: [(&str, &str); 4] = [
    ("events", "subscription { events(after: \"ZTEuMA\") { id data } }"),
    ("meetingBooked", "subscription { meetingBooked { id meeting { id } } }"),
    ("meetingEvents", "subscription { meetingEvents(after: \"ZTEuMA\") { id data } }"),
    ("meetingOutcome", "subscription { meetingOutcome { id meeting { id } } }"),
];

/// `allowed`, or the scope that is missing. A refusal holds the reason and nothing else.
fn verdict(call: &str, errors: Option<&Value>, data: &Value) -> String {
    let Some(errors) = errors else { return "allowed".to_owned() };
    let Some([error]) = errors.as_array().map(Vec::as_slice) else { panic!("{call}: {errors}") };
    let extensions = error["extensions"].as_object().unwrap();
    assert_eq!(extensions["code"], "SCOPE_DENIED", "{call}: {errors}");
    let scope = extensions["requiredScope"].as_str().unwrap();
    assert_eq!(error["message"], format!("This needs the scope `{scope}`."));
    let said: Vec<_> = extensions.keys().map(String::as_str).collect();
    assert_eq!(said, ["code", "correlationId", "docs", "requiredScope", "retryable"]);
    assert_eq!(*data, Value::Null, "{call}: a refusal shows something");
    format!("needs {scope}")
}

/// What the policy table says of a persona and a root field.
fn foreseen(app: &App, persona: &str, root: &str, field: &str) -> String {
    let rule = policy::root_field(root, field).unwrap_or_else(|| panic!("{root}.{field} has no rule"));
    let granted = Grants::try_from(app.manifest.personas[persona].scopes.join(" ")).unwrap();
    if rule.admits(&granted) { "allowed".to_owned() } else { format!("needs {}", rule.scopes[0]) }
}

/// Without a token nothing is open, whatever is asked.
async fn assert_closed(app: &App, call: &Call) {
    let body = json!({"query": call.document, "variables": call.variables});
    let answer = app.http.post(format!("{}/graphql", app.url)).json(&body).send().await.unwrap();
    let reply = Reply::read(answer).await.unwrap();
    assert_eq!(reply.status, 401, "{}: {}", call.field, reply.text);
    assert_eq!(reply.body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{}", reply.text);
    assert_eq!(reply.body.get("data"), None, "{}", reply.text);
}

async fn ask(caller: &Caller<'_>, call: &Call) -> String {
    let reply = caller.gql_response(&call.document, call.variables.clone()).await;
    let parts: BTreeSet<&str> = reply.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(parts.is_subset(&BTreeSet::from(["data", "errors", "extensions"])), "{}", reply.text);
    verdict(&call.document, reply.body.get("errors"), &reply.body["data"])
}

/// Follows until the first word. A stream that is allowed has nothing to say until something happens, so a meeting's
/// outcome is corrected and a meeting booked again and again.
async fn follow(app: &App, persona: &str, document: &str, target: &Target) -> String {
    let mut listener = Listener::follow(app, &app.as_persona(persona), &[(document, json!({}))]).await;
    for round in 0..60 {
        match listener.hear().await {
            Some(frame) if frame["type"] == "error" => return verdict(document, Some(&frame["payload"]), &Value::Null),
            Some(frame) => return verdict(document, frame["payload"].get("errors"), &frame["payload"]["data"]),
            None => happen(app, target, round).await,
        }
    }
    panic!("{persona} heard nothing of {document}");
}

async fn happen(app: &App, target: &Target, round: usize) {
    let admin = app.as_persona("admin");
    let outcome = if round.is_multiple_of(2) { "COMPLETED" } else { "NO_SHOW" };
    let noted = json!({"meetingId": target.meeting, "outcome": outcome});
    admin.mutate("recordMeetingOutcome", noted, "meeting { id }").await;
    let free = crate::target::slots(app, &target.meeting_type, &target.host).await;
    crate::target::book(app, &target.meeting_type, &target.host, &free[5], "").await;
}

both_stores!(every_root_field_is_open_to_those_whose_scopes_allow_it, async |app: App| {
    let target = Target::arrive(&app).await;
    let mut matrix = String::new();
    let mut called: BTreeSet<String> = BTreeSet::new();
    for (root, calls) in [("Query", queries(&target)), ("Mutation", mutations(&target))] {
        for call in calls {
            let before = app.census().await;
            writeln!(matrix, "{root}.{}", call.field).unwrap();
            for persona in PERSONAS {
                let verdict = ask(&app.as_persona(persona), &call).await;
                assert_eq!(verdict, foreseen(&app, persona, root, call.field), "{root}.{} as {persona}", call.field);
                writeln!(matrix, "  {persona:<9} {verdict}").unwrap();
            }
            assert_closed(&app, &call).await;
            let after = app.census().await;
            assert_eq!(before["meetings"], after["meetings"]);
            assert_eq!(before["events"], after["events"], "{} did something", call.field);
            called.insert(format!("{root}.{}", call.field));
        }
    }
    for (field, document) in SUBSCRIPTIONS {
        writeln!(matrix, "Subscription.{field}").unwrap();
        for persona in PERSONAS {
            let verdict = follow(&app, persona, document, &target).await;
            assert_eq!(verdict, foreseen(&app, persona, "Subscription", field), "{field} as {persona}");
            writeln!(matrix, "  {persona:<9} {verdict}").unwrap();
        }
        called.insert(format!("Subscription.{field}"));
    }
    assert_eq!(called, root_fields(&app).await, "every root field has its row, and every row its field");
    insta::assert_snapshot!("matrix", matrix);
});

async fn root_fields(app: &App) -> BTreeSet<String> {
    let document = "{ __schema {
        queryType { name fields { name } }
        mutationType { name fields { name } }
        subscriptionType { name fields { name } }
    } }";
    let schema = app.as_persona("admin").gql(document, json!({})).await["__schema"].take();
    let roots = ["queryType", "mutationType", "subscriptionType"].map(|root| schema[root].clone());
    let names = roots.iter().flat_map(|root| {
        let (name, fields) = (root["name"].as_str().unwrap(), root["fields"].as_array().unwrap());
        fields.iter().map(move |field| format!("{name}.{}", field["name"].as_str().unwrap()))
    });
    names.collect()
}

//! Dead letters of the pipeline: seen, corrected, run; and what of others cannot be rewritten.

use serde_json::{Value, json};

use crate::support::{App, Store, Wishes, codes};
use crate::target::form;

const LETTERS: &str = "query ($filter: DeadLetterFilterInput) { deadLetters(filter: $filter) { nodes {
    id state destination lastError correlationId body } } }";

/// A store that takes no contact of this name, and a worker that gives up at once.
async fn start(store: Store) -> App {
    let environment = vec![("MERIDIAN_WORKER__ATTEMPTS_MAX", "1".to_owned())];
    let app = App::start_with(store, Wishes { environment, ..Wishes::default() }).await;
    app.alter(match store {
        Store::Sqlite => {
            "CREATE TRIGGER contacts_refused BEFORE INSERT ON contacts WHEN NEW.email LIKE 'refused@%'
             BEGIN SELECT RAISE(ABORT, 'contacts_refused'); END"
        }
        Store::Postgres => "ALTER TABLE contacts ADD CONSTRAINT contacts_refused CHECK (email NOT LIKE 'refused@%')",
    })
    .await;
    app
}

fn form_of(email: &str) -> Value {
    let mut form = form();
    form["contact"]["email"] = json!(email);
    form
}

async fn letters(app: &App, filter: Value) -> Vec<Value> {
    let mut data = app.as_persona("ops").gql(LETTERS, json!({"filter": filter})).await;
    serde_json::from_value(data["deadLetters"]["nodes"].take()).unwrap()
}

async fn check_correction(store: Store) {
    let app = start(store).await;
    let admin = app.as_persona("admin");
    let sent = app.webhook().send("to-correct", &form_of("refused@zeldaworks.example")).await;
    assert_eq!(sent.status, 202, "{}", sent.text);
    app.settled().await;
    let of_pipeline = json!({"destination": "pipeline"});
    let [letter] = &letters(&app, of_pipeline.clone()).await[..] else { panic!("one dead letter") };
    assert_eq!((&letter["state"], &letter["correlationId"]), (&json!("DEAD"), &sent.body["correlationId"]));
    assert_eq!(letter["body"]["contact"]["email"], "refused@zeldaworks.example");
    let without = app.as_persona("ops").narrowed("deliveries:read").await.gql(LETTERS, json!({})).await;
    assert_eq!(without["deadLetters"]["nodes"][0]["body"], Value::Null, "personal data needs its own scope");

    let before = app.census().await;
    let edit = async |body: Value, reason: &str| {
        let input = json!({"deliveryId": letter["id"], "body": body, "reason": reason});
        let fields = "fields delivery { id state attempts } errors { code field }";
        admin.mutate("editDeadLetter", input, fields).await
    };
    let mut unfit = form_of("zelda at example");
    unfit["version"] = json!(2);
    let fields = |payload: &Value| -> Vec<Value> {
        payload["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect()
    };
    let refused = edit(unfit, " ").await;
    assert_eq!(codes(&refused), ["FIELD_MISMATCH"; 3]);
    let mut found = fields(&refused);
    found.sort_by_key(ToString::to_string);
    assert_eq!(json!(found), json!(["input.body/contact/email", "input.body/version", "input.reason"]));
    let same = edit(letter["body"].clone(), "To see.").await;
    assert_eq!((codes(&same), fields(&same)), (vec!["FIELD_MISMATCH"], vec![json!("input.body")]));
    let mut after = app.census().await;
    after.insert("answers".to_owned(), before["answers"]);
    assert_eq!(after, before, "a refused correction leaves nothing half-written");

    let mut corrected = letter["body"].clone();
    corrected["contact"]["email"] = json!("zelda.quux@zeldaworks.example");
    let done = edit(corrected.clone(), "The sender mistyped it.").await;
    assert_eq!((&done["errors"], &done["fields"]), (&json!([]), &json!(["/contact/email"])), "{done}");
    assert_eq!(done["delivery"], json!({"id": letter["id"], "state": "PENDING", "attempts": 0}));
    app.settled().await;
    assert_eq!(letters(&app, of_pipeline).await, Vec::<Value>::new());
    let document = "query ($connection: ID!) {
        submission(connectionId: $connection, deliveryId: \"to-correct\") { state contact { email } }
        events(filter: {types: [\"dead_letter_edited\"]}) { nodes { entityId correlationId data } } }";
    let seen = admin.gql(document, json!({"connection": app.manifest.hooks.connection_id})).await;
    let contact = json!({"email": "zelda.quux@zeldaworks.example"});
    assert_eq!(seen["submission"], json!({"state": "PROCESSED", "contact": contact}));
    let event = &seen["events"]["nodes"][0];
    let data = &event["data"];
    assert_eq!(event["correlationId"], letter["correlationId"]);
    assert_eq!((&data["delivery"], &data["fields"]), (&letter["id"], &json!(["/contact/email"])));
    assert_eq!((&data["reason"], &data["submission"]), (&json!("The sender mistyped it."), &event["entityId"]));
    let log = app.log_text().await;
    assert!(log.contains(&app.manifest.personas["admin"].client_id.to_string()), "who did it");
    assert!(!log.contains("zeldaworks"), "values never: {log}");
    assert_eq!(codes(&edit(corrected, "Again.").await), ["NOT_REPLAYABLE"]);
}

#[tokio::test]
async fn a_dead_form_is_corrected_and_runs_on_sqlite() {
    check_correction(Store::Sqlite).await;
}

#[tokio::test]
async fn a_dead_form_is_corrected_and_runs_on_postgres() {
    check_correction(Store::Postgres).await;
}

both_stores!(what_goes_out_is_not_rewritten, async |app: App| {
    let refusal = json!({"path_prefix": "/crm/v3/objects", "count": 100, "fault": "status", "status": 400});
    app.crm().script(json!([refusal])).await;
    app.open_offer(30).await.booked("2035-01-02T10:00:00Z").await;
    app.settled().await;
    let letters = letters(&app, json!({"state": "DEAD"})).await;
    let letter = letters.first().expect("the CRM refused");
    assert_eq!(letter["body"], Value::Null);
    let input = json!({"deliveryId": letter["id"], "body": form(), "reason": "To see."});
    let refused = app.as_persona("admin").mutate("editDeadLetter", input, "errors { message }").await;
    assert_eq!(codes(&refused), ["NOT_EDITABLE"]);
    let message = refused["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("Correct the record"), "{message}");
});

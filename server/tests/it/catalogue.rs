//! The error catalogue is what happens: its examples lead to their codes, and no other code is ever answered.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use domain::errors::{ErrorCode, Example, example};
use serde_json::{Value, json};

use crate::support::{App, Reply, Store};
use crate::target::form;

/// Codes that no request alone leads to, and where they are tried.
const NOT_ALONE: [&str; 15] = [
    "CURSOR_EXPIRED",          // streams/retention.rs: time has to pass
    "AMBIGUOUS_LOCAL_TIME",    // domain/src/webhooks/times.rs, hooks: a form that is signed
    "REQUEST_TIMEOUT",         // api/tests/gateway/http.rs
    "PAYLOAD_TOO_LARGE",       // api/tests/hostile
    "IDEMPOTENCY_IN_PROGRESS", // idempotency.rs: two at once
    "NOT_REPLAYABLE",          // dead_letters.rs
    "NOT_EDITABLE",            // dead_letters.rs
    "REPLAY_ENDED",            // replays.rs
    "TOO_MANY_STREAMS",        // limits/crowds.rs
    "RATE_LIMITED",            // limits/budgets.rs
    "UNAVAILABLE",             // streams/dark.rs: a database that is away
    "DEADLINE_EXCEEDED",       // api/tests/gateway
    "DOCUMENT_NOT_REGISTERED", // trusted.rs: a client held to its documents
    "TOO_MANY_DOCUMENTS",      // commands: a client with a hundred of them
    "INTERNAL",                // limits/masked.rs
];

#[tokio::test]
async fn examples_lead_to_their_codes() {
    let app = App::start(Store::Sqlite).await;
    let filled = fill(&app).await;
    let mut wrong = Vec::new();
    for code in ErrorCode::ALL {
        let example = example(*code).unwrap();
        if NOT_ALONE.contains(&code.as_str()) {
            continue;
        }
        let reply = send(&app, &example, &filled).await;
        let expected: Value = serde_json::from_str(&fill_in(example.answer, &filled)).unwrap();
        let status = reply.status.as_u16();
        let is_top = reply.body["errors"].is_array() || reply.body["code"].is_string();
        if !contains(&reply.body, &expected) || (is_top && ![200, code.entry().status].contains(&status)) {
            wrong.push(format!("{code} {status}\n{}", reply.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// What stands in angle brackets, by what stands there.
async fn fill(app: &App) -> HashMap<&'static str, String> {
    let admin = app.as_persona("admin");
    let mut misfit = form();
    misfit["contact"]["email"] = json!("nobody");
    let quarantined = app.webhook().send("d-example", &misfit).await.body["quarantine"].take();
    let input = json!({"id": quarantined, "reason": "a test"});
    let discarded = admin.mutate("discardQuarantined", input, "").await;
    assert_eq!(discarded["errors"], json!([]), "{quarantined}");
    let day = |days| (now() + chrono::TimeDelta::days(days)).to_rfc3339();
    let there = admin.gql("{ meetingTypes { id slug hosts { id } } }", json!({})).await;
    let offer = there["meetingTypes"].as_array().unwrap().iter().find(|offer| offer["hosts"][0].is_object()).unwrap();
    let range = json!({
        "meetingTypeId": offer["id"], "hostId": offer["hosts"][0]["id"],
        "from": day(3), "until": day(13),
    });
    let document = "query($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt } } }";
    let slots = admin.gql(document, json!({"input": range})).await["availability"]["slots"].take();
    let book = json!({
        "meetingTypeId": offer["id"], "startsAt": slots[5]["startsAt"], "timeZone": "UTC",
        "invitee": {"email": "cyd@example.com"},
    });
    let booked = admin.mutate("bookMeeting", book, "meeting { id }").await;
    let endpoint = json!({"url": "http://127.0.0.1:9/example"});
    let endpoint = admin.mutate("createWebhookEndpoint", endpoint, "webhookEndpoint { id }").await;
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value}")).to_owned();
    HashMap::from([
        ("meeting type", text(&offer["id"])),
        ("known slug", text(&offer["slug"])),
        ("host", text(&offer["hosts"][0]["id"])),
        ("free start", text(&slots[0]["startsAt"])),
        ("meeting", text(&booked["meeting"]["id"])),
        ("endpoint", text(&endpoint["webhookEndpoint"]["id"])),
        ("taken delivery", text(&quarantined)),
        ("connection", app.manifest.hooks.connection_id.to_string()),
        ("seconds", now().timestamp().to_string()),
    ])
}

#[expect(clippy::disallowed_methods, reason = "a form tool signs with its own clock")]
fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

fn fill_in(text: &str, filled: &HashMap<&'static str, String>) -> String {
    filled.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("<{name}>"), value))
}

async fn send(app: &App, example: &Example, filled: &HashMap<&'static str, String>) -> Reply {
    let request = fill_in(example.request, filled);
    let caller = app.as_persona(example.persona.unwrap_or("admin"));
    if !example.is_message() {
        return caller.gql_response(&request, json!({})).await;
    }
    let (head, body) = request.split_once("\n\n").unwrap_or((request.trim_end(), ""));
    let (line, fields) = head.split_once('\n').unwrap_or((head, ""));
    let (method, path) = line.split_once(' ').unwrap();
    let mut message = app.http.request(method.parse().unwrap(), format!("{}{path}", app.url)).body(body.to_owned());
    for (name, value) in fields.lines().filter_map(|field| field.split_once(": ")) {
        message = message.header(name, value);
    }
    let is_shown_a_token = path == "/graphql" && !example.answer.contains("UNAUTHENTICATED");
    let message = if is_shown_a_token { message.bearer_auth(caller.token().await) } else { message };
    Reply::read(message.send().await.unwrap()).await.unwrap()
}

/// Whether everything of `part` is in `whole`, in the same places.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(name, part)| whole.get(name).is_some_and(|whole| contains(whole, part)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len() && whole.iter().zip(part).all(|(whole, part)| contains(whole, part))
        }
        (whole, part) => whole == part,
    }
}

/// Every code in what tests have written down, and in what sources say by themselves.
#[test]
fn no_code_is_answered_that_is_not_in_the_catalogue() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut found = BTreeSet::new();
    for folder in ["api", "worker/src", "commands", "persistence", "server/tests/it/snapshots"] {
        look(&root.join(folder), &mut found);
    }
    assert!(found.len() > 10, "the search finds nothing: {found:?}");
    let unknown: Vec<_> = found.iter().filter(|code| code.parse::<ErrorCode>().is_err()).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

fn look(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            look(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "snap" || extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let written = ["\"code\":", "\"code\", ", "\"code\"], \"", "code: "];
            // A list of refusals has one in each line that is indented.
            let listed = path.extension().is_some_and(|extension| extension == "snap").then_some("\n  ");
            for mark in written.into_iter().chain(listed) {
                found.extend(text.split(mark).skip(1).filter_map(code_at));
            }
        }
    }
}

/// A word in capitals that stands here, in quotation marks or not.
fn code_at(text: &str) -> Option<String> {
    let text = text.trim_start_matches([' ', '"', '\\']);
    let word: String = text.chars().take_while(|letter| letter.is_ascii_uppercase() || *letter == '_').collect();
    (word.len() > 4 && word.contains('_')).then_some(word)
}

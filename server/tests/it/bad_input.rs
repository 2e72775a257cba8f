//! Bad input of every kind at the doors that answer: GraphQL over HTTP and the token endpoint. Each case gets its typed
//! error and leaves nothing behind. (`hooks.rs` has the webhooks' own.)

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{App, Reply, fresh_key};

/// The media type under which a document that does not fit is a 400; under `application/json` it is a 200.
const MODERN: &str = "application/graphql-response+json";

/// One request, and what it is.
struct Case {
    name: &'static str,
    method: &'static str,
    path: String,
    /// An empty value stands for the administrator's token.
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// A POST of these bytes as JSON.
fn body(name: &'static str, bytes: impl Into<Vec<u8>>) -> Case {
    let headers = [("content-type", "application/json"), ("accept", MODERN), ("authorization", "")];
    let headers = headers.map(|(name, value)| (name, value.to_owned())).into();
    Case { name, method: "POST", path: "/graphql".to_owned(), headers, body: bytes.into() }
}

/// A well-formed request with this document.
#[expect(clippy::needless_pass_by_value, reason = "it is handed a `json!`")]
fn document(name: &'static str, query: &str, variables: Value) -> Case {
    body(name, json!({"query": query, "variables": variables}).to_string())
}

const FINE: &str = r#"{"query":"{ viewer { clientId } }"}"#;

impl Case {
    fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.retain(|(name, _)| *name != header);
        self.headers.push((header, value.to_owned()));
        self
    }

    fn without(mut self, header: &str) -> Self {
        self.headers.retain(|(name, _)| *name != header);
        self
    }

    fn to(mut self, method: &'static str, path: &str) -> Self {
        (self.method, self.path) = (method, path.to_owned());
        self
    }
}

/// Envelopes: what is no GraphQL request at all.
fn envelopes() -> Vec<Case> {
    let mutation = "/graphql?query=mutation%7BreleaseHold(input%3A%7BidempotencyKey%3A%22k%22%2CholdId%3A%22x%22%7D)%7BholdId%7D%7D";
    vec![
        body("malformed JSON", r#"{"query":"#),
        body("no body", ""),
        body("not UTF-8", b"{\"query\":\"\xff\"}".as_slice()),
        body("a string", r#""{ viewer }""#),
        body("query is a number", r#"{"query":7}"#),
        body("query is missing", r#"{"variables":{}}"#),
        body("variables are a string", r#"{"query":"{ a }","variables":"{}"}"#),
        body("operationName is a list", r#"{"query":"{ a }","operationName":[]}"#),
        body("JSON without end", format!(r#"{{"query":"{{ a }}","variables":{{"x":{}}}}}"#, "[".repeat(100_000))),
        body("an empty batch", "[]"),
        body("a batch of 11", format!("[{}]", [FINE; 11].join(","))),
        body("1 MiB and a byte", vec![b' '; (1 << 20) + 1]),
        body("another content type", FINE).with("content-type", "text/plain"),
        body("no content type", FINE).without("content-type"),
        body("another charset", FINE).with("content-type", "application/json; charset=utf-16"),
        body("compressed nonsense", b"\x1f\x8b\x08nonsense".as_slice()).with("content-encoding", "gzip"),
        body("an answer in HTML", FINE).with("accept", "text/html"),
        body("no token", FINE).without("authorization"),
        body("a token that is none", FINE).with("authorization", "Bearer nonsense"),
        body("a token outside the grammar", FINE).with("authorization", "Bearer a b"),
        body("a header key that is not ASCII", FINE).with("idempotency-key", "k\u{e9}"),
        body("PUT", FINE).to("PUT", "/graphql"),
        body("a mutation by GET", "").to("GET", mutation),
        body("GET without a query", "").to("GET", "/graphql"),
        body("a subscription by POST", r#"{"query":"subscription { meetingBooked { id } }"}"#),
    ]
}

/// Documents: what the schema, the budget or the grammar does not allow.
fn documents() -> Vec<Case> {
    let nothing = || json!({});
    let deep =
        format!("{{ meeting(id: \"x\") {}id{} }}", "{ contact { meetings { nodes ".repeat(6), "} } } ".repeat(6));
    let wide: Vec<String> = (0..2000).map(|alias| format!("a{alias}: viewer {{ clientId }}")).collect();
    vec![
        document("no document", "", nothing()),
        document("half a document", "{ viewer {", nothing()),
        document("nesting that the parser refuses", &format!("{}x{}", "{a".repeat(5000), "}".repeat(5000)), nothing()),
        document("nesting that the schema refuses", &deep, nothing()),
        document("2000 aliases", &format!("{{ {} }}", wide.join(" ")), nothing()),
        document("an unknown field", "{ nope }", nothing()),
        document("an unknown argument", "{ viewer(x: 1) { clientId } }", nothing()),
        document("an argument is missing", "{ contact { id } }", nothing()),
        document("no selection", "{ viewer }", nothing()),
        document(
            "a circle of fragments",
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
            nothing(),
        ),
        document(
            "two operations, none chosen",
            "query A { viewer { clientId } } query B { viewer { clientId } }",
            nothing(),
        ),
        document("a variable is missing", "query ($n: Int!) { meetings(first: $n) { nodes { id } } }", nothing()),
        document(
            "a variable of another type",
            "query ($n: Int!) { meetings(first: $n) { nodes { id } } }",
            json!({"n": "ada@x.example"}),
        ),
        document(
            "a variable declared otherwise",
            "query ($n: String!) { meetings(first: $n) { nodes { id } } }",
            json!({"n": "1"}),
        ),
        document("a huge page", "{ meetings(first: 1000) { nodes { id } } }", nothing()),
        document("a negative page", "{ meetings(first: -1) { nodes { id } } }", nothing()),
        document("a page beyond 32 bits", "{ meetings(first: 99999999999) { nodes { id } } }", nothing()),
        document("a bad cursor", "{ meetings(after: \"nonsense\") { nodes { id } } }", nothing()),
        document("a bad event cursor", "{ events(after: \"nonsense\") { nodes { id } } }", nothing()),
        document("101 ids", "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({"ids": vec!["x"; 101]})),
    ]
}

/// Values: one bad one in an otherwise good question.
fn values(meeting_type: &str) -> Vec<Case> {
    let availability = |name, field: &str, value: Value| {
        let mut input =
            json!({"meetingTypeId": meeting_type, "from": "2026-11-23T00:00:00Z", "until": "2026-11-24T00:00:00Z"});
        input[field] = value;
        let query = "query ($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt } } }";
        document(name, query, json!({ "input": input }))
    };
    vec![
        availability("a time without an offset", "from", json!("2026-11-23T00:00:00")),
        availability("a date for a time", "from", json!("2026-11-23")),
        availability("30 February", "from", json!("2026-02-30T00:00:00Z")),
        availability("25 o'clock", "from", json!("2026-02-03T25:00:00Z")),
        availability("a number for a time", "from", json!(1_795_000_000)),
        availability("null for a time", "from", Value::Null),
        availability("a list for a time", "from", json!(["2026-11-23T00:00:00Z", "2026-11-24T00:00:00Z"])),
        availability("an unknown zone", "timeZone", json!("Mars/Olympus_Mons")),
        availability("an offset for a zone", "timeZone", json!("+01:00")),
        availability("a field that there is not", "nope", json!(1)),
        availability("a key that is somebody's address", "ada@x.example", json!(1)),
        availability("an end before the start", "until", json!("2020-01-01T00:00:00Z")),
        availability("a range of ten years", "until", json!("2036-01-01T00:00:00Z")),
        availability("an id of another kind", "meetingTypeId", json!("con_01jd3v00000000000000000000")),
        availability("an id that is none", "meetingTypeId", json!("'; DROP TABLE meetings; --")),
        availability("an id with a NUL", "meetingTypeId", json!("mtt_\u{0}")),
    ]
}

/// Mutations: nothing of them may be done.
fn mutations(meeting_type: &str, host: &str) -> Vec<Case> {
    let mutation = |name, mutation: &str, input: Value| {
        let (first, rest) = mutation.split_at(1);
        let mut input = input;
        if input.get("idempotencyKey").is_none() {
            input["idempotencyKey"] = json!(fresh_key());
        }
        let kind = format!("{}{rest}Input", first.to_uppercase());
        let query =
            format!("mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ errors {{ code field message }} }} }}");
        document(name, &query, json!({ "input": input }))
    };
    let start = "2031-01-06T10:00:00Z";
    let booking = |field: &str, value: Value| {
        let mut input = json!({
            "meetingTypeId": meeting_type, "startsAt": start, "timeZone": "Europe/Berlin",
            "invitee": {"email": "ada@engines.example"},
        });
        input[field] = value;
        input
    };
    let contact = json!({"email": "not an address", "country": "XXX", "timeZone": "Mars", "phone": "??"});
    let weekly = |start: &str, end: &str| json!([{"weekday": "MONDAY", "start": start, "end": end}]);
    let schedule = |weekly: Value| json!({"hostId": host, "schedule": {"timeZone": "Europe/London", "weekly": weekly}});
    let consent = json!([{"channel": "PIGEON", "permission": "GRANTED", "lawfulBasis": "CONSENT"}]);
    vec![
        mutation("an empty key", "bookMeeting", booking("idempotencyKey", json!(""))),
        mutation("a key of 256 characters", "bookMeeting", booking("idempotencyKey", json!("k".repeat(256)))),
        mutation("another key in the header", "bookMeeting", booking("note", json!("")))
            .with("idempotency-key", "other"),
        mutation("a booking without an offset", "bookMeeting", booking("startsAt", json!("2031-01-06T10:00:00"))),
        mutation("a booking in an unknown zone", "bookMeeting", booking("timeZone", json!("Europe/Atlantis"))),
        mutation("a booking of the past", "bookMeeting", booking("startsAt", json!("2020-01-06T10:00:00Z"))),
        mutation("a booking for nobody", "bookMeeting", booking("invitee", Value::Null)),
        mutation("an invitee without an address", "bookMeeting", booking("invitee", json!({"givenName": "Ada"}))),
        mutation("an address that is none", "bookMeeting", booking("invitee", json!({"email": "not an address"}))),
        mutation("a note of a megabyte less", "bookMeeting", booking("note", json!("n".repeat(900_000)))),
        mutation(
            "a form of nonsense",
            "submitForm",
            json!({"formId": "", "contact": contact, "answers": [1], "pageUrl": "::"}),
        ),
        mutation(
            "a consent by pigeon",
            "submitForm",
            json!({"formId": "f", "contact": {"email": "a@b.example"}, "consents": consent}),
        ),
        mutation(
            "a form from an unknown zone",
            "submitForm",
            json!({"formId": "f", "contact": {"email": "a@b.example", "timeZone": "Mars/Olympus_Mons"}}),
        ),
        mutation("hours after midnight", "setSchedule", schedule(weekly("25:00", "26:00"))),
        mutation("hours without length", "setSchedule", schedule(weekly("09:00", "09:00"))),
        mutation("a rule of nonsense", "publishScoringModel", json!({"threshold": 1, "rules": [{"nonsense": true}]})),
        mutation(
            "a hold for a day",
            "holdSlot",
            json!({"meetingTypeId": meeting_type, "startsAt": start, "minutes": 1440}),
        ),
    ]
}

/// The token endpoint. `secret` belongs to `client`.
fn token_requests(client: &str, secret: &str) -> Vec<Case> {
    let form = |name, fields: &str| {
        let fields = fields.replace("ID", client).replace("SECRET", secret);
        body(name, fields)
            .with("content-type", "application/x-www-form-urlencoded")
            .without("authorization")
            .to("POST", "/oauth/token")
    };
    let good = "grant_type=client_credentials&client_id=ID&client_secret=SECRET";
    vec![
        form("no fields", ""),
        form("no grant type", "client_id=ID&client_secret=SECRET"),
        form("another grant type", "grant_type=password&client_id=ID&client_secret=SECRET"),
        form("a grant type that is not UTF-8", "grant_type=%ff%fe&client_id=ID&client_secret=SECRET"),
        form("a field twice", &format!("{good}&grant_type=client_credentials")),
        form("as JSON", good).with("content-type", "application/json"),
        form("no client", "grant_type=client_credentials"),
        form("no secret", "grant_type=client_credentials&client_id=ID"),
        form("a wrong secret", "grant_type=client_credentials&client_id=ID&client_secret=wrong"),
        form(
            "an unknown client",
            "grant_type=client_credentials&client_id=cli_01jd3v00000000000000000000&client_secret=SECRET",
        ),
        form("an unknown scope", &format!("{good}&scope=everything")),
        form("a scope that the client may not have", &format!("{good}&scope=routing:manage")),
        form("1 MiB and a byte", &format!("{good}&scope={}", "x".repeat(1 << 20))),
        form("GET", "").to("GET", "/oauth/token"),
    ]
}

async fn send(app: &App, token: &str, case: &Case) -> Reply {
    let url = format!("{}{}", app.url, case.path);
    let mut request = app.http.request(case.method.parse().unwrap(), url).body(case.body.clone());
    for (name, value) in &case.headers {
        let value = if value.is_empty() { format!("Bearer {token}") } else { value.clone() };
        request = request.header(*name, value.as_bytes());
    }
    Reply::read(request.send().await.unwrap()).await.unwrap()
}

/// The errors of an answer, one a line: code, place, sentence.
fn said(reply: &Reply) -> String {
    let mut errors = reply.body["errors"].as_array().cloned().unwrap_or_default();
    for payload in reply.body["data"].as_object().into_iter().flat_map(|data| data.values()) {
        errors.extend(payload["errors"].as_array().cloned().unwrap_or_default());
    }
    let mut lines = String::new();
    for error in &errors {
        let extensions = if error["extensions"].is_object() { &error["extensions"] } else { error };
        let field = extensions["field"].as_str().map_or_else(String::new, |field| format!(" {field}:"));
        let code = extensions["code"].as_str().unwrap_or("(no code)");
        writeln!(lines, "  {code}{field} {}", error["message"].as_str().unwrap()).unwrap();
    }
    if let Some(code) = reply.body["error"].as_str() {
        writeln!(lines, "  {code} {}", reply.body["error_description"].as_str().unwrap()).unwrap();
    }
    lines
}

/// Sends every case, writes down what was answered, and sees to it that nothing was written by the server.
async fn check(app: &App, cases: &[Case]) -> String {
    let token = app.as_persona("admin").token().await;
    let mut before = app.census().await;
    let mut table = String::new();
    for case in cases {
        let reply = send(app, &token, case).await;
        // A decision on a well-formed request is an answer, and answers are kept for whoever asks again.
        if reply.text.contains("SLOT_NOT_OFFERED") {
            *before.get_mut("answers").unwrap() += 1;
        }
        writeln!(table, "{}: {}\n{}", case.name, reply.status.as_u16(), said(&reply).trim_end_matches('\n')).unwrap();
        assert!(!reply.text.contains("ada@x.example"), "{} repeats a value: {}", case.name, reply.text);
        assert!(reply.text.len() < 20_000, "{} answers at length", case.name);
        if case.path.starts_with("/graphql") {
            assert_eq!(reply.body["extensions"]["correlationId"], reply.header("x-correlation-id"), "{}", case.name);
        }
    }
    assert_eq!(app.census().await, before, "something was left behind by one of these:\n{table}");
    table
}

async fn known(app: &App) -> (String, String) {
    let known = app.as_persona("admin").gql("{ meetingType(slug: \"demo\") { id hosts { id } } }", json!({})).await;
    let text = |pointer| known.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
    (text("/meetingType/id"), text("/meetingType/hosts/0/id"))
}

both_stores!(at_the_graphql_door, async |app: App| {
    let (meeting_type, _) = known(&app).await;
    insta::assert_snapshot!("envelopes", check(&app, &envelopes()).await);
    insta::assert_snapshot!("documents", check(&app, &documents()).await);
    insta::assert_snapshot!("values", check(&app, &values(&meeting_type)).await);
});

both_stores!(in_what_is_to_be_done, async |app: App| {
    let (meeting_type, host) = known(&app).await;
    insta::assert_snapshot!("mutations", check(&app, &mutations(&meeting_type, &host)).await);
});

both_stores!(at_the_token_endpoint, async |app: App| {
    let partner = &app.manifest.personas["partner"];
    let cases = token_requests(&partner.client_id.to_string(), &partner.client_secret);
    insta::assert_snapshot!("token_requests", check(&app, &cases).await);
});

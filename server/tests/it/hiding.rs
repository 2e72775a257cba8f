//! The policy table, line by line: what it hides is there for those who have the scope, and absent for those who lack
//! just that.

use domain::access::Scope;
use domain::access::policy::{HIDDEN_DATA, HIDDEN_FIELDS, Rule};
use serde_json::{Value, json};

use crate::listener::Listener;
use crate::support::{App, Caller};
use crate::target::{PERSONAL, Target};

/// A question that leads to a field; the answer has it under the name `it`.
fn way(rule: &Rule, target: &Target, form: &str) -> String {
    let (kind, field) = rule.coordinate.split_once('.').unwrap();
    let whole = match field {
        "consents" | "contact" | "routingDecision" => format!("it: {field} {{ id }}"),
        "consentStatus" => format!("it: {field} {{ permission }}"),
        "crmRecords" => format!("it: {field} {{ externalId }}"),
        "weeklyHours" => format!("it: {field} {{ weekday }}"),
        "meetings" => format!("it: {field} {{ nodes {{ id }} }}"),
        "attribution" => format!("it: {field} {{ __typename }}"),
        _ => format!("it: {field}"),
    };
    let Target { contact, meeting, cancelled, quarantined, connection, submission, .. } = target;
    match kind {
        "Activity" => format!("{{ contact(id: \"{contact}\") {{ activities {{ {whole} }} }} }}"),
        "Contact" => format!("{{ contact(id: \"{contact}\") {{ {whole} }} }}"),
        "Delivery" => format!("{{ node(id: \"{form}\") {{ ... on Delivery {{ {whole} }} }} }}"),
        "Host" => format!("{{ hosts {{ {whole} }} }}"),
        "InboundDelivery" => format!("{{ node(id: \"{quarantined}\") {{ ... on InboundDelivery {{ {whole} }} }} }}"),
        "Meeting" if field == "cancelReason" => format!("{{ meeting(id: \"{cancelled}\") {{ {whole} }} }}"),
        "Meeting" => format!("{{ meeting(id: \"{meeting}\") {{ {whole} }} }}"),
        "MeetingType" => format!("{{ meetingTypes {{ {whole} }} }}"),
        "Submission" => {
            format!("{{ submission(connectionId: \"{connection}\", deliveryId: \"{submission}\") {{ {whole} }} }}")
        }
        "Task" => format!("{{ contact(id: \"{contact}\") {{ tasks {{ {whole} }} }} }}"),
        _ => panic!("no way leads to {}", rule.coordinate),
    }
}

/// Whether the answer has anything under the name `it`.
fn shows(answer: &Value) -> bool {
    match answer {
        Value::Object(fields) => fields.iter().any(|(name, value)| match (name.as_str(), value) {
            ("it", Value::Null) => false,
            ("it", Value::Array(items)) => !items.is_empty(),
            ("it", _) => true,
            (_, value) => shows(value),
        }),
        Value::Array(items) => items.iter().any(shows),
        _ => false,
    }
}

/// Acme's administrator, without the scopes of a rule.
async fn without<'a>(app: &'a App, rule: &Rule) -> Caller<'a> {
    let rest: Vec<_> =
        Scope::ALL.iter().filter(|scope| !rule.scopes.contains(scope)).map(|scope| scope.as_str()).collect();
    app.as_persona("admin").narrowed(&rest.join(" ")).await
}

both_stores!(each_line_of_the_policy_table_hides_what_it_names, async |app: App| {
    let target = Target::arrive(&app).await;
    let form = crate::idempotency::every::dead_form(&app).await;
    let place = json!({"hostIds": [target.host], "slug": "place", "name": "A place", "location": "Room 5",
        "rules": {"durationMinutes": 30}});
    app.as_persona("admin").mutate("createMeetingType", place, "meetingType { id }").await;
    for rule in HIDDEN_FIELDS {
        let question = way(rule, &target, form.as_str().unwrap());
        let seen = app.as_persona("admin").gql_response(&question, json!({})).await;
        assert!(shows(&seen.body["data"]), "there is nothing to hide: {question}: {}", seen.text);
        let hidden = without(&app, rule).await.gql_response(&question, json!({})).await;
        assert!(!shows(&hidden.body["data"]), "{}: {}", rule.coordinate, hidden.text);
    }
});

both_stores!(each_line_about_data_hides_its_key, async |app: App| {
    Target::arrive(&app).await;
    let mut sure = json!({"formId": "demo-request", "contact": {"email": "ann@initech.example", "country": "GB"}});
    sure["answers"] = json!({"company_size": "1000+"});
    app.as_persona("admin").mutate("submitForm", sure, "submission { id }").await;
    app.settled().await;
    for rule in HIDDEN_DATA {
        let (kind, key) = rule.coordinate.split_once('.').unwrap();
        let question = format!("{{ events(first: 5, filter: {{types: [\"{kind}\"]}}) {{ nodes {{ data }} }} }}");
        for (caller, sees) in [(app.as_persona("admin"), true), (without(&app, rule).await, false)] {
            let log = caller.gql(&question, json!({})).await;
            let events = log["events"]["nodes"].as_array().unwrap();
            assert!(!events.is_empty(), "nothing happened of {kind}");
            for event in events {
                let value = event["data"].get(key).unwrap_or_else(|| panic!("{event} has no {key}"));
                assert_eq!(!value.is_null(), sees, "{}: {event}", rule.coordinate);
            }
        }
    }
});

/// What a stream shows of the log from its beginning on.
async fn heard(app: &App, caller: &Caller<'_>, document: &str) -> String {
    let mut listener = Listener::follow(app, caller, &[(document, json!({}))]).await;
    let mut heard = Vec::new();
    crate::support::wait_until("the stream has begun", async || {
        heard.extend(listener.hear().await);
        !heard.is_empty()
    })
    .await;
    while let Some(frame) = listener.hear().await {
        heard.push(frame);
    }
    Value::from(heard).to_string()
}

fn personal(text: &str) -> Vec<&'static str> {
    PERSONAL.into_iter().filter(|personal| text.contains(personal)).collect()
}

both_stores!(streams_show_what_queries_show, async |app: App| {
    Target::arrive(&app).await;
    let meeting = "meeting { id title note cancelReason location contact { id email phone givenName familyName } }";
    let meetings = format!(
        "subscription {{ meetingEvents(after: \"ZTEuMA\") {{ type data ... on MeetingBooked {{ {meeting} }} \
         ... on MeetingCancelled {{ {meeting} }} }} }}"
    );
    let everything = "subscription { events(after: \"ZTEuMA\") { type entityId data } }";
    let admin = app.as_persona("admin");
    assert!(personal(&heard(&app, &admin, &meetings).await).contains(&"Zeldaname"), "there is something to hide");
    let scopes: Vec<_> =
        Scope::ALL.iter().filter(|scope| **scope != Scope::ContactsPiiRead).map(|s| s.as_str()).collect();
    for caller in [app.as_persona("partner"), admin.narrowed(&scopes.join(" ")).await] {
        for document in [meetings.as_str(), everything] {
            let heard = heard(&app, &caller, document).await;
            assert_eq!(personal(&heard), [""; 0], "{document}: {heard}");
        }
    }
});

both_stores!(what_is_wrong_is_told_without_repeating_it, async |app: App| {
    let target = Target::arrive(&app).await;
    let admin = app.as_persona("admin");
    let email = "zelda.quux@zeldaworks.example";
    let too_long = |word: &str| word.repeat(1000);
    let booking = json!({"meetingTypeId": target.meeting_type, "startsAt": "2031-01-01T00:00:00Z", "timeZone": "UTC",
        "note": too_long("note-needle"), "invitee": {"email": format!("{email} "), "phone": "+44 20 7946 0123 x",
        "givenName": too_long("Zeldaname"), "familyName": "Quuxname"}});
    let form = json!({"formId": email, "contact": {"email": format!("@{email}"), "phone": "2079460123",
        "givenName": too_long("Zeldaname"), "companyName": too_long("Quuxname")}, "answers": {"wish": 7}});
    let wrong = [
        ("bookMeeting", booking),
        ("submitForm", form),
        ("cancelMeeting", json!({"meetingId": email, "reason": too_long("reason-needle")})),
        (
            "createHost",
            json!({"email": format!("{email}@"), "name": too_long("Zeldaname"),
            "schedule": {"timeZone": "UTC", "weekly": []}}),
        ),
        ("editDeadLetter", json!({"deliveryId": target.dead_letter, "body": crate::target::form(), "reason": "No."})),
        (
            "repairQuarantined",
            json!({"id": target.quarantined, "body": {"contact": {"email": [email], "given_name": {"first": "Zeldaname"}}}}),
        ),
    ];
    for (mutation, input) in wrong {
        let mut input = input;
        input["idempotencyKey"] = json!(crate::support::fresh_key());
        let (first, rest) = mutation.split_at(1);
        let document = format!(
            "mutation ($input: {}{rest}Input!) {{ {mutation}(input: $input) {{ errors {{ code field message }} }} }}",
            first.to_uppercase()
        );
        let reply = admin.gql_response(&document, json!({"input": input})).await;
        assert!(reply.text.contains("\"code\":\""), "{mutation} was taken: {}", reply.text);
        assert_eq!(personal(&reply.text), [""; 0], "{mutation}: {}", reply.text);
    }
    // A document that is wrong itself, with a person in its text and in its variables.
    for document in [
        format!("{{ contact(id: \"{email}\") {{ Zeldaname }} }}"),
        format!("{{ contacts(filter: {{email: {{Quuxname: \"{email}\"}}}}) {{ nodes {{ id }} }} }}"),
        format!("query ($it: Int!) {{ contact(id: \"{email}\") {{ id }} }} "),
    ] {
        let reply = admin.gql_response(&document, json!({"it": email})).await;
        assert!(reply.body.get("errors").is_some(), "{}", reply.text);
        assert_eq!(personal(&reply.text.replace("Zeldaname", "").replace("Quuxname", "")), [""; 0], "{}", reply.text);
    }
});

both_stores!(no_root_field_shows_a_person, async |app: App| {
    let target = Target::arrive(&app).await;
    let blind: Vec<_> =
        Scope::ALL.iter().filter(|scope| **scope != Scope::ContactsPiiRead).map(|s| s.as_str()).collect();
    for caller in [app.as_persona("partner"), app.as_persona("admin").narrowed(&blind.join(" ")).await] {
        for call in crate::access::calls(&target) {
            let reply = caller.gql_response(&call.document, call.variables.clone()).await;
            assert_eq!(personal(&reply.text), [""; 0], "{}: {}", call.field, reply.text);
        }
    }
});

//! Another workspace's ids are worth nothing: to Globex's administrator, who may do everything there, each of Acme's
//! ids is what an id is that nobody ever gave out, down to the bytes of the answer.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::PREFIXES;
use serde_json::{Value, json};

use crate::endpoints::{Endpoint, Receiver};
use crate::listener::Listener;
use crate::support::{App, Caller, fresh_key};
use crate::target::{self, Target};

/// A question about `$id`.
struct Probe {
    /// The field of which mutation's input it is about.
    about: Option<(String, String)>,
    document: String,
    variables: Value,
    /// Acme's thing, and one of the same kind that does not exist.
    ids: [String; 2],
}

/// An id of the same kind that was never given out.
fn unknown(id: &str) -> String {
    let (kind, _) = id.split_once('_').unwrap();
    format!("{kind}_01jd3v00000000000000000000")
}

fn query(document: &str, id: &str) -> Probe {
    Probe { about: None, document: document.to_owned(), variables: json!({}), ids: [id.to_owned(), unknown(id)] }
}

/// A mutation whose input has the id at `field`.
fn mutation(name: &str, field: &str, id: &str, input: Value) -> Probe {
    let (first, rest) = name.split_at(1);
    let kind = format!("{}{rest}Input", first.to_uppercase());
    let document = format!(
        "mutation ($input: {kind}!) {{ {name}(input: $input) {{
        __typename errors {{ code field message retryable }}
    }} }}"
    );
    let mut input = input;
    input[field] = json!("$id");
    let about = Some((name.to_owned(), field.to_owned()));
    Probe { about, document, variables: json!({ "input": input }), ids: [id.to_owned(), unknown(id)] }
}

/// Every field of a mutation's input that is an id, or a list of them, as the schema has it.
async fn fields_with_ids(caller: &Caller<'_>) -> BTreeSet<(String, String)> {
    let document = "{ __schema { mutationType { fields { name args { type { ofType { inputFields { name type {
        name ofType { name ofType { name ofType { name } } }
    } } } } } } } } }";
    let schema = caller.gql(document, json!({})).await;
    let mut found = BTreeSet::new();
    for mutation in schema["__schema"]["mutationType"]["fields"].as_array().unwrap() {
        let fields = mutation["args"][0]["type"]["ofType"]["inputFields"].as_array().unwrap();
        for field in fields.iter().filter(|field| field["type"].to_string().contains("\"ID\"")) {
            let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
            found.insert((name(mutation), name(field)));
        }
    }
    found
}

fn queries(target: &Target, own_type: &str) -> Vec<Probe> {
    let range = r#"from: "2031-01-01T00:00:00Z", until: "2031-01-08T00:00:00Z""#;
    let Target { contact, meeting, host, meeting_type, connection, .. } = target;
    let mut all = vec![
        query("query ($id: ID!) { contact(id: $id) { id email } }", contact),
        query("query ($id: ID!) { contacts(filter: {ownerId: $id}) { nodes { id } } }", host),
        query("query ($id: ID!) { meeting(id: $id) { id title } }", meeting),
        query("query ($id: ID!) { meetings(filter: {hostId: $id}) { nodes { id } } }", host),
        query("query ($id: ID!) { meetings(filter: {contactId: $id}) { nodes { id } } }", contact),
        query(
            &format!("query ($id: ID!) {{ availability(input: {{meetingTypeId: $id, {range}}}) {{ timeZone }} }}"),
            meeting_type,
        ),
        query(
            &format!(
                "query ($id: ID!) {{ availability(input: {{meetingTypeId: \"{own_type}\", hostId: $id, {range}}}) {{
                slots {{ startsAt }}
            }} }}"
            ),
            host,
        ),
        query(
            "query ($id: ID!) { submission(connectionId: $id, deliveryId: \"delivery-of-zelda\") { id } }",
            connection,
        ),
    ];
    all.push(query(
        "query ($id: ID!) { inboundDeliveries(filter: {connectionId: $id}) { nodes { id body } } }",
        connection,
    ));
    for id in target.all() {
        all.push(query("query ($id: ID!) { node(id: $id) { __typename id } }", id));
        all.push(query("query ($id: ID!) { nodes(ids: [$id]) { __typename id } }", id));
        all.push(query("query ($id: ID!) { events(filter: {entityId: $id}) { nodes { type } } }", id));
    }
    all
}

fn mutations(target: &Target, own_type: &str, own_start: &str) -> Vec<Probe> {
    let Target {
        contact, meeting, host, meeting_type, dead_letter, hold, busy, connection, endpoint, quarantined, ..
    } = target;
    let invitee = json!({"email": "stranger@example.com"});
    let booking = json!({"meetingTypeId": own_type, "startsAt": own_start, "timeZone": "UTC", "invitee": invitee});
    let by_contact = json!({"meetingTypeId": own_type, "startsAt": own_start, "timeZone": "UTC"});
    let (starts, ends) = ("2031-01-01T09:00:00Z", "2031-01-01T10:00:00Z");
    let schedule = json!({"timeZone": "Europe/London", "weekly": []});
    let settings = json!({"expectedVersion": 1, "url": "https://stolen.example/hook"});
    let offer = json!({"slug": "stolen", "name": "Stolen", "rules": {"durationMinutes": 30}});
    let rules = json!({"slaMinutes": 60, "territories": []});
    let mut of_lists = [
        mutation("createMeetingType", "hostIds", host, offer),
        mutation("publishRoutingRules", "fallbackOwnerIds", host, rules),
    ];
    of_lists[0].variables["input"]["hostIds"] = json!(["$id"]);
    of_lists[1].variables["input"]["fallbackOwnerIds"] = json!(["$id"]);
    let mut all = vec![
        mutation("bookMeeting", "meetingTypeId", meeting_type, booking.clone()),
        mutation("bookMeeting", "hostId", host, booking.clone()),
        mutation("bookMeeting", "holdId", hold, booking),
        mutation("bookMeeting", "contactId", contact, by_contact),
        mutation("rescheduleMeeting", "meetingId", meeting, json!({"startsAt": starts})),
        mutation("cancelMeeting", "meetingId", meeting, json!({})),
        mutation("recordMeetingOutcome", "meetingId", meeting, json!({"outcome": "COMPLETED"})),
        mutation(
            "recordConsent",
            "contactId",
            contact,
            json!({"channel": "EMAIL", "permission": "DENIED", "lawfulBasis": "CONSENT", "source": "phone call"}),
        ),
        mutation("holdSlot", "meetingTypeId", meeting_type, json!({"startsAt": starts})),
        mutation("holdSlot", "hostId", host, json!({"meetingTypeId": own_type, "startsAt": own_start})),
        mutation("releaseHold", "holdId", hold, json!({})),
        mutation("addBusyTime", "hostId", host, json!({"startsAt": starts, "endsAt": ends})),
        mutation("removeBusyTime", "busyTimeId", busy, json!({})),
        mutation("setSchedule", "hostId", host, json!({"schedule": schedule})),
        mutation("replayDeadLetter", "deliveryId", dead_letter, json!({})),
        mutation("updateWebhookEndpoint", "endpointId", endpoint, settings),
        mutation("discardDeadLetter", "deliveryId", dead_letter, json!({"reason": "Not mine."})),
        mutation("editDeadLetter", "deliveryId", dead_letter, json!({"body": target::form(), "reason": "Not mine."})),
        mutation("discardQuarantined", "id", quarantined, json!({"reason": "Not mine."})),
        mutation("repairQuarantined", "id", quarantined, json!({"body": target::form()})),
        mutation("setDeliveryPolicy", "destinationId", connection, json!({"onDeath": "BLOCK_LANE"})),
        mutation("setDeliveryPolicy", "destinationId", endpoint, json!({"onDeath": "BLOCK_LANE"})),
    ];
    let steps = ["verify", "disable", "enable", "delete"].map(|step| format!("{step}WebhookEndpoint"));
    let steps = steps.iter().map(String::as_str).chain(["rotateWebhookSecret", "sendTestEvent"]);
    all.extend(steps.map(|step| mutation(step, "endpointId", endpoint, json!({}))));
    all.extend(of_lists);
    all
}

/// The answer, without what differs between any two answers.
async fn answer(caller: &Caller<'_>, probe: &Probe, id: &str) -> String {
    let mut variables: Value = serde_json::from_str(&probe.variables.to_string().replace("$id", id)).unwrap();
    if variables.get("input").is_some() {
        variables["input"]["idempotencyKey"] = json!(fresh_key());
    } else {
        variables["id"] = json!(id);
    }
    let reply = caller.gql_response(&probe.document, variables).await;
    let correlation = reply.header("x-correlation-id").to_owned();
    // What is left of a budget is the caller's own doing.
    let available = format!("\"available\":{}", reply.body["extensions"]["cost"]["available"]);
    format!("{} {}", reply.status, reply.text.replace(&correlation, "…").replace(&available, "…"))
}

/// Globex's own offer, and a start that is free there.
async fn own_offer(app: &App, globex: &Caller<'_>) -> (String, String) {
    let range = json!({"from": "2031-01-06T00:00:00Z", "until": "2031-01-20T00:00:00Z"});
    let host = globex.gql("{ hosts { id } }", json!({})).await["hosts"][0]["id"].clone();
    let rules = json!({"durationMinutes": 30});
    let offer = json!({"hostIds": [host], "slug": "own", "name": "Own", "rules": rules});
    let made = globex.mutate("createMeetingType", offer, "meetingType { id }").await;
    let id = made["meetingType"]["id"].as_str().unwrap().to_owned();
    let mut input = range;
    input["meetingTypeId"] = json!(id);
    let document = "query ($input: AvailabilityInput!) { availability(input: $input) { slots { startsAt } } }";
    let found = globex.gql(document, json!({"input": input})).await;
    let start = found["availability"]["slots"][0]["startsAt"].as_str().unwrap().to_owned();
    app.settled().await;
    (id, start)
}

/// What Acme has, as its administrator sees it.
async fn acme(app: &App) -> Value {
    let document = "{
        contacts { nodes { id version } } meetings { nodes { id version status } } deadLetters { nodes { id state } }
        hosts { id active weeklyHours { weekday start } } meetingTypes { id slug } events(first: 100) { nodes { id } }
        webhookEndpoints { nodes { id url status version } } inboundDeliveries { nodes { id state } }
    }";
    app.as_persona("admin").gql(document, json!({})).await
}

/// Kinds of ids that nothing shows: sessions, tokens and grants; members and issuers; versions of models and rules.
const NEVER_SHOWN: [&str; 7] = ["ses", "tok", "grt", "mbr", "iss", "scm", "rtr"];

/// An id of Acme's of every kind that there is, by its prefix: whatever its administrator can get hold of.
async fn kinds(app: &App, target: &Target) -> BTreeMap<String, String> {
    let document = format!(
        "{{ contact(id: \"{}\") {{
            account {{ id }} activities {{ id }} consents {{ id }} routingDecision {{ id }} tasks {{ id }}
        }}
        submission(connectionId: \"{}\", deliveryId: \"{}\") {{ id }} events {{ nodes {{ id }} }}
        viewer {{ clientId workspace {{ id }} }} replays {{ nodes {{ id }} }}
        pageTokens {{ nodes {{ id }} }} webhookEndpoints {{ nodes {{ attempts {{ nodes {{ id }} }} }} }} }}",
        target.contact, target.connection, target.submission
    );
    let shown = app.as_persona("admin").gql(&document, json!({})).await.to_string();
    let ids = shown.split('"').chain(target.all()).filter(|text| text.len() == 30 && text.as_bytes()[3] == b'_');
    ids.map(|id| (id[..3].to_owned(), id.to_owned())).collect()
}

/// A replay to an endpoint of Acme's, with the endpoint.
async fn replay(app: &App) -> [String; 2] {
    let receiver = Receiver::start().await;
    let endpoint = Endpoint::active(app, &receiver.url, json!({})).await.id;
    let input = json!({"endpointId": endpoint, "dryRun": true});
    let made = app.as_persona("admin").insist("startReplay", input, "replay { id }").await;
    app.settled().await;
    [endpoint, made["replay"]["id"].as_str().unwrap().to_owned()]
}

/// Questions about ids that are only good for themselves, and about replays.
async fn further(app: &App, target: &Target) -> Vec<Probe> {
    let [endpoint, replay] = replay(app).await;
    let page = json!({"name": "Acme's", "origins": ["https://acme.example"], "meetingTypeIds": [target.meeting_type]});
    app.as_persona("admin").mutate("createPageToken", page, "pageToken { id }").await;
    let kinds = kinds(app, target).await;
    let missing: Vec<_> = PREFIXES.iter().filter(|kind| !kinds.contains_key(**kind)).collect();
    assert_eq!(missing.iter().filter(|kind| !NEVER_SHOWN.contains(kind)).count(), 0, "not tried: {missing:?}");
    let mut all = Vec::new();
    for id in kinds.values() {
        all.push(query("query ($id: ID!) { node(id: $id) { __typename id } }", id));
        all.push(query(
            "query ($id: ID!) { contact(id: $id) { id } meeting(id: $id) { id } replay(id: $id) { id } }",
            id,
        ));
        all.push(query("query ($id: ID!) { events(filter: {entityId: $id}) { nodes { type } } }", id));
    }
    all.push(query("query ($id: ID!) { replay(id: $id) { id matched } }", &replay));
    all.push(query("query ($id: ID!) { replays(endpointId: $id) { nodes { id } } }", &endpoint));
    all.push(query("query ($id: String!) { deadLetters(filter: {destination: $id}) { nodes { id } } }", &endpoint));
    let page = kinds["pgt"].as_str();
    all.push(mutation("revokePageToken", "pageTokenId", page, json!({})));
    let mut opens = json!({"name": "Stolen", "origins": ["https://stolen.example"]});
    opens["meetingTypeIds"] = json!(["$id"]);
    let mut opened = mutation("createPageToken", "meetingTypeIds", &target.meeting_type, opens);
    opened.variables["input"]["meetingTypeIds"] = json!(["$id"]);
    all.push(opened);
    let client = kinds["cli"].as_str();
    let more = [
        ("registerDocuments", json!({"documents": ["{ viewer { clientId } }"]})),
        ("setClientOrigins", json!({"origins": ["https://stolen.example"]})),
        ("setDocumentPolicy", json!({"policy": "ANY"})),
        ("unregisterDocuments", json!({"hashes": []})),
    ];
    all.extend(more.map(|(name, input)| mutation(name, "clientId", client, input)));
    all.push(mutation("startReplay", "endpointId", &endpoint, json!({"dryRun": true})));
    let url = json!({"url": "https://hooks.globex.example/in"});
    let own = app.as_persona("other_admin").mutate("createWebhookEndpoint", url, "webhookEndpoint { id }").await;
    let own = json!({"endpointId": own["webhookEndpoint"]["id"], "dryRun": true});
    all.push(mutation("startReplay", "entityId", &target.contact, own));
    all.extend(
        ["cancelReplay", "pauseReplay", "resumeReplay"].map(|step| mutation(step, "replayId", &replay, json!({}))),
    );
    all
}

both_stores!(an_id_of_another_workspace_is_an_unknown_id, async |app: App| {
    let target = Target::arrive(&app).await;
    let globex = app.as_persona("other_admin");
    let (own_type, own_start) = own_offer(&app, &globex).await;
    let further = further(&app, &target).await;
    let before = acme(&app).await;
    let probes =
        queries(&target, &own_type).into_iter().chain(mutations(&target, &own_type, &own_start)).chain(further);
    let probes: Vec<Probe> = probes.collect();
    let tried: BTreeSet<_> = probes.iter().filter_map(|probe| probe.about.clone()).collect();
    let untried: Vec<_> = fields_with_ids(&globex).await.difference(&tried).cloned().collect();
    assert_eq!(untried, [], "ids of inputs that nobody tries");
    for probe in probes {
        let [theirs, nobodys] = &probe.ids;
        let (given, expected) = (answer(&globex, &probe, theirs).await, answer(&globex, &probe, nobodys).await);
        assert_eq!(given, expected, "{}", probe.document);
        assert!(!given.contains("INTERNAL") && !given.contains("stolen"), "{}: {given}", probe.document);
    }
    app.settled().await;
    assert_eq!(acme(&app).await, before, "nothing of Acme's has changed");
});

// The proof that the questions are good ones: Acme's administrator learns something from nearly all of them.
both_stores!(the_same_questions_mean_something_to_acme, async |app: App| {
    let target = Target::arrive(&app).await;
    let admin = app.as_persona("admin");
    let mut silent = Vec::new();
    for probe in queries(&target, &target.meeting_type) {
        let [own, nobodys] = &probe.ids;
        if answer(&admin, &probe, own).await == answer(&admin, &probe, nobodys).await {
            let field = probe.document.split(['{', '(']).nth(2).unwrap();
            silent.push(format!("{} of {}", field.trim(), &own[..3]));
        }
    }
    insta::assert_snapshot!("silent", silent.join("\n"));
});

both_stores!(a_cursor_of_another_workspace_is_no_cursor, async |app: App| {
    let target = Target::arrive(&app).await;
    let (admin, globex) = (app.as_persona("admin"), app.as_persona("other_admin"));
    for list in ["contacts", "meetings", "deadLetters", "webhookEndpoints", "inboundDeliveries"] {
        let page = admin.gql(&format!("{{ {list}(first: 1) {{ pageInfo {{ endCursor }} }} }}"), json!({})).await;
        let cursor = page[list]["pageInfo"]["endCursor"].as_str().unwrap().to_owned();
        let document = format!("query ($id: String!) {{ {list}(after: $id) {{ edges {{ cursor }} }} }}");
        let probe =
            Probe { about: None, document, variables: json!({}), ids: [cursor, "AAAAAAAAAAAAAAAAAAAAAAAA".to_owned()] };
        let theirs = answer(&globex, &probe, &probe.ids[0]).await;
        assert_eq!(theirs, answer(&globex, &probe, &probe.ids[1]).await, "{list}");
        assert!(theirs.contains("CURSOR_MISMATCH"), "{theirs}");
        assert!(answer(&admin, &probe, &probe.ids[0]).await.contains("\"data\":{"), "it is a cursor to Acme");
    }
    // A place in the log is a number; in another workspace's log it is a place of that log.
    let document = "query ($id: EventCursor) { events(after: $id) { nodes { entityId } } }";
    let probe = Probe {
        about: None,
        document: document.to_owned(),
        variables: json!({}),
        ids: [target.cursor, "ZTEuMTAwMDAwMA".to_owned()],
    };
    assert_eq!(answer(&globex, &probe, &probe.ids[0]).await, answer(&globex, &probe, &probe.ids[1]).await);
});

both_stores!(a_subscription_hears_its_own_workspace_only, async |app: App| {
    let target = Target::arrive(&app).await;
    let globex = app.as_persona("other_admin");
    let (own_type, own_start) = own_offer(&app, &globex).await;
    let everything = "subscription { meetingEvents(after: \"ZTEuMA\") { type entityId } }";
    let filtered = "subscription ($filter: MeetingEventFilter!) { meetingEvents(filter: $filter) { type entityId } }";
    let of_host = json!({"filter": {"hostId": target.host}});
    let of_type = json!({"filter": {"meetingTypeId": target.meeting_type}});
    let events = "subscription ($filter: EventFilterInput!) { events(filter: $filter) { type entityId } }";
    let of_meeting = json!({"filter": {"entityId": target.meeting}});
    let documents = [(everything, json!({})), (filtered, of_host), (filtered, of_type), (events, of_meeting)];
    let mut listener = Listener::follow(&app, &globex, &documents).await;

    let free = target::slots(&app, &target.meeting_type, &target.host).await;
    target::book(&app, &target.meeting_type, &target.host, &free[5], "").await;
    app.settled().await;
    let booking = json!({
        "meetingTypeId": own_type, "startsAt": own_start, "timeZone": "UTC", "invitee": {"email": "own@example.com"},
    });
    let booked = globex.mutate("bookMeeting", booking, "meeting { id }").await;
    let mut heard = None;
    crate::support::wait_until("Globex hears of its meeting", async || {
        heard = listener.hear().await;
        heard.is_some()
    })
    .await;
    let heard = heard.unwrap();
    let event = json!({"type": "meeting_booked", "entityId": booked["meeting"]["id"]});
    assert_eq!((&heard["id"], &heard["payload"]["data"]["meetingEvents"]), (&json!("0"), &event));
    assert_eq!(listener.hear().await, None);
});

//! The same words again: one effect, and the first answer to the byte.

mod clients;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::endpoints::{Endpoint, Receiver};
use crate::support::{App, Caller, Offer, Reply, always, codes, mutation_document};

fn at(time: &str) -> String {
    format!("2035-01-02T{time}:00Z")
}

/// The bytes of an answer up to its extensions, which hold the correlation id of each request.
fn data(reply: &Reply) -> &str {
    reply.text.split(r#","extensions":"#).next().unwrap()
}

fn is_replay(reply: &Reply) -> bool {
    reply.body["extensions"]["idempotency"] == json!({"replayed": true})
}

/// The first answer again to the byte, and marked.
fn assert_replay(again: &Reply, first: &Reply) {
    assert_eq!(data(again), data(first));
    assert!(is_replay(again) && !is_replay(first), "{}\n{}", first.text, again.text);
}

fn top_code(reply: &Reply) -> &Value {
    &reply.body["errors"][0]["extensions"]["code"]
}

/// One mutation: what is sent, and other words under the same key.
#[derive(Clone)]
struct Intent {
    mutation: &'static str,
    selection: &'static str,
    input: Value,
    other: Value,
}

impl Intent {
    /// `changes` turn the input into the other one.
    fn new(mutation: &'static str, selection: &'static str, input: Value, changes: Value) -> Self {
        let Value::Object(changes) = changes else { panic!("changes are fields: {changes}") };
        let mut other = input.clone();
        other.as_object_mut().unwrap().extend(changes);
        Self { mutation, selection, input, other }
    }

    fn document(&self) -> String {
        mutation_document(self.mutation, self.selection)
    }

    async fn send(&self, caller: &Caller<'_>, input: &Value, key: &str) -> Reply {
        let mut input = input.clone();
        input["idempotencyKey"] = json!(key);
        caller.gql_response(&self.document(), json!({"input": input})).await
    }
}

/// Sends an intent, sends it again when all that follows from it has happened, and sends other words under its key.
async fn check(app: &App, intent: &Intent) {
    let caller = &app.as_persona("admin");
    let key = format!("the-only-{}", intent.mutation);
    let first = intent.send(caller, &intent.input, &key).await;
    assert_eq!(first.body["data"][intent.mutation]["errors"], json!([]), "{}: {}", intent.mutation, first.text);
    app.settled().await;
    let again = intent.send(caller, &intent.input, &key).await;
    assert_replay(&again, &first);
    let reused = intent.send(caller, &intent.other, &key).await;
    assert_eq!(top_code(&reused), "IDEMPOTENCY_KEY_REUSED", "{}: {}", intent.mutation, reused.text);
}

/// The id of nothing, of the same kind as this one.
fn unknown(id: &Value) -> Value {
    let id = id.as_str().unwrap();
    let (start, end) = id.split_at(id.len() - 2);
    json!(format!("{start}{}", if end == "00" { "11" } else { "00" }))
}

/// Deliveries that the CRM refused for good.
async fn dead_letters(offer: &Offer<'_>) -> [Value; 4] {
    let app = offer.app;
    app.settled().await;
    let refusal = json!({"path_prefix": "/crm/v3/objects", "count": 100, "fault": "status", "status": 400});
    app.crm().script(json!([refusal])).await;
    offer.booked(&at("22:00")).await;
    offer.booked(&at("23:00")).await;
    app.settled().await;
    let mut data = app.as_persona("ops").gql("{ deadLetters(first: 4) { nodes { id } } }", json!({})).await;
    [0, 1, 2, 3].map(|place| data["deadLetters"]["nodes"][place]["id"].take())
}

/// A form that the pipeline has yet to run on, and gave up.
async fn dead_form(app: &App) -> Value {
    let mut form = crate::target::form();
    form["product_line"] = json!("another");
    app.webhook().send("a-dead-form", &form).await;
    app.settled().await;
    app.alter("UPDATE submissions SET state = 'received' WHERE delivery_id = 'a-dead-form'").await;
    app.alter("UPDATE deliveries SET state = 'dead' WHERE destination = 'pipeline'").await;
    let document = "{ deadLetters(filter: {destination: \"pipeline\"}) { nodes { id } } }";
    app.as_persona("ops").gql(document, json!({})).await["deadLetters"]["nodes"][0]["id"].take()
}

const MEETING: &str = "meeting { id status startsAt endsAt version sequence calendarUid updatedAt title }";
const HOST: &str = "host { id name email timeZone weeklyHours { weekday start end } }";
const SUBMISSION: &str = "submission { id state correlationId score owner { name } warnings slots { startsAt } \
                          contact { id version lifecycle } routingDecision { explanation } }";

async fn intents_about_deliveries(offer: &Offer<'_>) -> Vec<Intent> {
    let [dead, other_dead, to_discard, to_keep] = dead_letters(offer).await;
    let connections = offer.app.as_persona("admin").gql("{ connections { id } }", json!({})).await;
    let connection = connections["connections"][0]["id"].clone();
    vec![
        Intent::new(
            "discardDeadLetter",
            "delivery { id state lastError }",
            json!({"deliveryId": to_discard, "reason": "The contact asked to be forgotten."}),
            json!({"deliveryId": to_keep}),
        ),
        Intent::new(
            "editDeadLetter",
            "fields delivery { id state attempts }",
            json!({"deliveryId": dead_form(offer.app).await, "body": crate::target::form(), "reason": "A wrong product."}),
            json!({"reason": "A wrong name."}),
        ),
        Intent::new(
            "replayDeadLetter",
            "delivery { id state attempts lastError nextAttemptAt }",
            json!({"deliveryId": dead}),
            json!({"deliveryId": other_dead}),
        ),
        Intent::new("replayDeadLetters", "replayed remaining", json!({"limit": 2}), json!({"limit": 3})),
        Intent::new(
            "setDeliveryPolicy",
            "onDeath",
            json!({"connectionId": connection, "onDeath": "PARK"}),
            json!({"onDeath": "SKIP"}),
        ),
    ]
}

/// Deliveries that did not fit.
async fn intents_about_quarantine(app: &App) -> Vec<Intent> {
    let mut unfit = Vec::new();
    for delivery in ["unfit-1", "unfit-2"] {
        unfit.push(app.webhook().send(delivery, &json!({})).await.body["quarantine"].take());
    }
    let delivery = "delivery { id state resolution { by at reason submissionId } }";
    let input = json!({"id": unfit[0], "body": crate::target::form()});
    let discard = json!({"id": unfit[1], "reason": "A test of the sender's."});
    vec![
        Intent::new("repairQuarantined", delivery, input, json!({"id": unknown(&unfit[0])})),
        Intent::new("discardQuarantined", delivery, discard, json!({"reason": "Something else."})),
    ]
}

const ENDPOINT: &str = "webhookEndpoint { id url status version updatedAt timeoutSeconds }";

/// Endpoints that nobody answers at: what they are told is a matter of other tests.
async fn intents_about_endpoints(app: &App) -> Vec<Intent> {
    let admin = app.as_persona("admin");
    let url = "https://partner.example/hook";
    let mut endpoints = Vec::new();
    for _ in 0..5 {
        let made = admin.mutate("createWebhookEndpoint", json!({"url": url}), "webhookEndpoint { id }").await;
        endpoints.push(made["webhookEndpoint"]["id"].clone());
    }
    let of = |mutation, place: usize| {
        let input = json!({"endpointId": endpoints[place]});
        Intent::new(mutation, ENDPOINT, input, json!({"endpointId": unknown(&endpoints[place])}))
    };
    let receiver = Receiver::start().await;
    let tested = Endpoint::active(app, &receiver.url, json!({})).await.id;
    let mut replays = Vec::new();
    // They find nothing, so that a pause leaves nothing in line. One that was through before its pause is not used.
    let nothing = json!({"endpointId": tested, "to": "2000-01-01T00:00:00Z"});
    while replays.len() < 3 {
        let made = admin.insist("startReplay", nothing.clone(), "replay { id }").await;
        let replay = made["replay"]["id"].clone();
        let paused = admin.mutate("pauseReplay", json!({"replayId": replay}), "replay { id }").await;
        if !paused["replay"].is_null() {
            replays.push(replay);
        }
    }
    let replay_step = |mutation, replay: &Value| {
        Intent::new(mutation, "replay { id }", json!({"replayId": replay}), json!({"replayId": unknown(replay)}))
    };
    let update = json!({"endpointId": endpoints[1], "expectedVersion": 1, "url": url, "timeoutSeconds": 3});
    let deletion = json!({"endpointId": endpoints[0]});
    vec![
        Intent::new(
            "createWebhookEndpoint",
            "secret webhookEndpoint { id url }",
            json!({"url": url}),
            json!({"timeoutSeconds": 9}),
        ),
        Intent::new("deleteWebhookEndpoint", "webhookEndpointId", deletion, json!({"endpointId": endpoints[1]})),
        of("disableWebhookEndpoint", 2),
        of("enableWebhookEndpoint", 2),
        Intent::new(
            "rotateWebhookSecret",
            "secret webhookEndpoint { id }",
            json!({"endpointId": endpoints[3]}),
            json!({"overlapHours": 1}),
        ),
        Intent::new(
            "sendTestEvent",
            ENDPOINT,
            json!({"endpointId": tested}),
            json!({"endpointId": unknown(&json!(tested))}),
        ),
        Intent::new("updateWebhookEndpoint", ENDPOINT, update, json!({"timeoutSeconds": 4})),
        of("verifyWebhookEndpoint", 4),
        Intent::new(
            "startReplay",
            "replay { id dryRun }",
            json!({"endpointId": tested, "dryRun": true}),
            json!({"types": ["meeting_booked"]}),
        ),
        replay_step("cancelReplay", &replays[0]),
        replay_step("pauseReplay", &replays[1]),
        replay_step("resumeReplay", &replays[2]),
    ]
}

/// Every mutation of the schema with the least it needs.
async fn every_intent(offer: &Offer<'_>, host: &str) -> Vec<Intent> {
    let (moved, cancelled) = (offer.booked(&at("01:00")).await, offer.booked(&at("02:00")).await);
    let took_place = offer.booked(&at("03:00")).await;
    let admin = offer.app.as_persona("admin");
    let hold = json!({"meetingTypeId": offer.id, "startsAt": at("04:00")});
    let to_release = admin.mutate("holdSlot", hold, "hold { id }").await["hold"]["id"].take();
    let busy = json!({"hostId": host, "startsAt": at("20:00"), "endsAt": at("21:00")});
    let to_remove = admin.mutate("addBusyTime", busy.clone(), "busyTimeId").await["busyTimeId"].take();
    let about_deliveries = intents_about_deliveries(offer).await;
    let rules = json!({"durationMinutes": 30});
    let points = json!([{"name": "phone", "points": 5, "when": {"fact": "field", "field": "phone", "is": "present"}}]);
    let territories = json!([{"name": "DACH", "countries": ["DE", "AT", "CH"]}]);
    let person = json!({"name": "Nora", "email": "nora@acme.example", "schedule": always()});
    let form = json!({"formId": "demo-request", "contact": {"email": "new@initech.example"}, "meetingType": "demo"});
    let new_offer = json!({"slug": "walk", "name": "A walk", "rules": rules, "hostIds": [host]});
    let hold = json!({"meetingTypeId": offer.id, "startsAt": at("05:00")});
    let intents = vec![
        Intent::new("addBusyTime", "busyTimeId", busy, json!({"endsAt": at("22:00")})),
        Intent::new("bookMeeting", MEETING, offer.booking(&at("06:00")), json!({"startsAt": at("07:00")})),
        Intent::new("cancelMeeting", MEETING, json!({"meetingId": cancelled}), json!({"reason": "Ill"})),
        Intent::new("createHost", HOST, person, json!({"name": "Nadia"})),
        Intent::new("createMeetingType", "meetingType { id slug name }", new_offer, json!({"name": "A run"})),
        Intent::new("holdSlot", "hold { id startsAt expiresAt }", hold, json!({"minutes": 3})),
        Intent::new(
            "publishRoutingRules",
            "version",
            json!({"territories": territories, "slaMinutes": 30, "fallbackOwnerIds": [host]}),
            json!({"slaMinutes": 60}),
        ),
        Intent::new(
            "publishScoringModel",
            "version",
            json!({"threshold": 50, "rules": points}),
            json!({"threshold": 60}),
        ),
        Intent::new(
            "recordMeetingOutcome",
            MEETING,
            json!({"meetingId": took_place, "outcome": "COMPLETED"}),
            json!({"outcome": "NO_SHOW"}),
        ),
        Intent::new("releaseHold", "holdId", json!({"holdId": to_release}), json!({"holdId": unknown(&to_release)})),
        Intent::new(
            "removeBusyTime",
            "busyTimeId",
            json!({"busyTimeId": to_remove}),
            json!({"busyTimeId": unknown(&to_remove)}),
        ),
        Intent::new(
            "rescheduleMeeting",
            MEETING,
            json!({"meetingId": moved, "startsAt": at("08:00")}),
            json!({"startsAt": at("09:00")}),
        ),
        Intent::new(
            "setSchedule",
            HOST,
            json!({"hostId": host, "schedule": always()}),
            json!({"hostId": unknown(&json!(host))}),
        ),
        Intent::new("submitForm", SUBMISSION, form, json!({"productLine": "scheduling"})),
    ];
    let about_webhooks = [intents_about_endpoints(offer.app).await, intents_about_quarantine(offer.app).await].concat();
    let about_clients = clients::intents(offer.app);
    intents.into_iter().chain(about_deliveries).chain(about_webhooks).chain(about_clients).collect()
}

both_stores!(every_mutation_is_done_once, async |app: App| {
    let host = app.host(always()).await;
    let offer = app.offer(&[&host], json!({"durationMinutes": 30})).await;
    let intents = every_intent(&offer, &host).await;
    let admin = app.as_persona("admin");
    let schema = admin.gql("{ __schema { mutationType { fields { name } } } }", json!({})).await;
    let fields = schema["__schema"]["mutationType"]["fields"].as_array().unwrap();
    let known: BTreeSet<_> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(intents.iter().map(|intent| intent.mutation).collect::<BTreeSet<_>>(), known);

    for intent in &intents {
        check(&app, intent).await;
    }
});

both_stores!(the_first_answer_outlives_what_it_tells_of, async |app: App| {
    let offer = app.open_offer(30).await;
    let booking = Intent::new("bookMeeting", MEETING, offer.booking(&at("10:00")), json!({}));
    let admin = app.as_persona("admin");
    let first = booking.send(&admin, &booking.input, "book").await;
    let cancel = json!({"meetingId": first.body["data"]["bookMeeting"]["meeting"]["id"]});
    assert_eq!(codes(&admin.mutate("cancelMeeting", cancel, "meeting { status }").await), [""; 0]);
    offer.booked(&at("10:00")).await;

    assert_replay(&booking.send(&admin, &booking.input, "book").await, &first);
});

both_stores!(a_refusal_is_an_answer_too, async |app: App| {
    let offer = app.open_offer(30).await;
    let winner = offer.booked(&at("10:00")).await;
    let selection = "meeting { id } errors { code message field ... on SlotTaken { alternatives { startsAt } } }";
    let booking = Intent::new("bookMeeting", selection, offer.booking(&at("10:00")), json!({}));
    let admin = app.as_persona("admin");
    let first = booking.send(&admin, &booking.input, "book").await;
    assert_eq!(codes(&first.body["data"]["bookMeeting"]), ["SLOT_TAKEN"]);
    admin.mutate("cancelMeeting", json!({"meetingId": winner}), "meeting { status }").await;

    assert_replay(&booking.send(&admin, &booking.input, "book").await, &first);
});

both_stores!(of_fifty_at_once_one_is_executed, async |app: App| {
    let offer = app.open_offer(30).await;
    let booking = Intent::new("bookMeeting", MEETING, offer.booking(&at("10:00")), json!({}));
    let anonymous = app.as_persona("anonymous");
    let replies = join_all((0..50).map(|_| booking.send(&anonymous, &booking.input, "one-intent"))).await;

    let (replays, first): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| is_replay(reply));
    assert_eq!(first.len(), 1, "{replies:?}");
    for replay in replays {
        assert_replay(replay, first[0]);
    }
    app.settled().await;
    let document =
        r#"{ meetings { nodes { id } } events(filter: {types: ["meeting_booked"]}) { nodes { entityId } } }"#;
    let id = &first[0].body["data"]["bookMeeting"]["meeting"]["id"];
    let stored = json!({"meetings": {"nodes": [{"id": id}]}, "events": {"nodes": [{"entityId": id}]}});
    assert_eq!(app.as_persona("ops").gql(document, json!({})).await, stored);
});

both_stores!(a_key_is_its_caller_s_own, async |app: App| {
    let offer = app.open_offer(30).await;
    let booking = Intent::new(
        "bookMeeting",
        "meeting { startsAt }",
        offer.booking(&at("10:00")),
        json!({"startsAt": at("11:00")}),
    );
    for (persona, input) in [("anonymous", &booking.input), ("admin", &booking.other)] {
        let reply = booking.send(&app.as_persona(persona), input, "everybody-s-favourite").await;
        let expected = json!({"bookMeeting": {"meeting": {"startsAt": input["startsAt"]}, "errors": []}});
        assert_eq!(reply.body["data"], expected);
    }
});

both_stores!(the_header_says_the_same_or_nothing, async |app: App| {
    let offer = app.open_offer(30).await;
    let booking = Intent::new("bookMeeting", "meeting { startsAt }", offer.booking(&at("10:00")), json!({}));
    let other = app.as_persona("anonymous").with_header("idempotency-key", "theirs");
    let refused = booking.send(&other, &booking.input, "mine").await;
    assert_eq!(top_code(&refused), "FIELD_MISMATCH", "{}", refused.text);
    let same = app.as_persona("anonymous").with_header("idempotency-key", "mine");
    let done = booking.send(&same, &booking.input, "mine").await;
    assert_eq!(done.body["data"]["bookMeeting"]["meeting"], json!({"startsAt": at("10:00")}), "{}", done.text);
});

both_stores!(a_mistake_does_not_use_the_key_up, async |app: App| {
    let offer = app.open_offer(30).await;
    let wordy = json!({"note": "x".repeat(4001)});
    let booking = Intent::new("bookMeeting", "meeting { startsAt }", offer.booking(&at("10:00")), wordy);
    let anonymous = app.as_persona("anonymous");
    let refused = booking.send(&anonymous, &booking.other, "second-try").await;
    assert_eq!(codes(&refused.body["data"]["bookMeeting"]), ["FIELD_MISMATCH"], "{}", refused.text);
    let nothing = json!({"meetings": {"nodes": []}, "contacts": {"nodes": []}});
    let document = "{ meetings { nodes { id } } contacts { nodes { id } } }";
    assert_eq!(app.as_persona("ops").gql(document, json!({})).await, nothing);

    let done = booking.send(&anonymous, &booking.input, "second-try").await;
    assert_eq!(done.body["data"]["bookMeeting"]["meeting"], json!({"startsAt": at("10:00")}), "{}", done.text);
});

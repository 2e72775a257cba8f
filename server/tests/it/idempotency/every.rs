//! Every mutation of the schema, with the least it needs: sent by several at once, sent again, and sent with other words.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Intent, MEETING, assert_replay, at, clients, is_replay, top_code};
use crate::endpoints::{Endpoint, Receiver};
use crate::support::{App, Offer, always};

/// How many send the same at once.
const RIVALS: usize = 4;

/// Sends an intent several times at once, and again when all that follows from it has happened, over HTTP and over a
/// socket; then other words under its key.
async fn check(app: &App, intent: &Intent) {
    let caller = &app.as_persona("admin");
    let key = format!("the-only-{}", intent.mutation);
    let replies = join_all((0..RIVALS).map(|_| intent.send(caller, &intent.input, &key))).await;
    let (replays, first): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| is_replay(reply));
    let [first] = first.as_slice() else { panic!("{} ran {} times: {replies:?}", intent.mutation, first.len()) };
    assert_eq!(first.body["data"][intent.mutation]["errors"], json!([]), "{}: {}", intent.mutation, first.text);
    for replay in replays {
        assert_replay(replay, first);
    }
    app.settled().await;
    let before = app.census().await;
    assert_replay(&intent.send(caller, &intent.input, &key).await, first);
    let said = intent.say(app, caller, &intent.input, &key).await;
    assert_eq!((&said["data"], &said["extensions"]["idempotency"]), (&first.body["data"], &json!({"replayed": true})));
    let reused = intent.send(caller, &intent.other, &key).await;
    assert_eq!(top_code(&reused), "IDEMPOTENCY_KEY_REUSED", "{}: {}", intent.mutation, reused.text);
    let said = intent.say(app, caller, &intent.other, &key).await;
    assert_eq!(said["errors"][0]["extensions"]["code"], "IDEMPOTENCY_KEY_REUSED", "{}: {said}", intent.mutation);
    app.settled().await;
    assert_eq!(app.census().await, before, "{} left something behind when it was sent again", intent.mutation);
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
pub async fn dead_form(app: &App) -> Value {
    let mut form = crate::target::form();
    form["product_line"] = json!("another");
    app.webhook().send("a-dead-form", &form).await;
    app.settled().await;
    app.alter("UPDATE submissions SET state = 'received' WHERE delivery_id = 'a-dead-form'").await;
    app.alter("UPDATE deliveries SET state = 'dead' WHERE destination = 'pipeline'").await;
    let document = "{ deadLetters(filter: {destination: \"pipeline\"}) { nodes { id } } }";
    app.as_persona("ops").gql(document, json!({})).await["deadLetters"]["nodes"][0]["id"].take()
}

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
            json!({"destinationId": connection, "onDeath": "PARK"}),
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

/// Tokens of booking pages.
async fn intents_about_pages(offer: &Offer<'_>) -> Vec<Intent> {
    let input = json!({"name": "Website", "origins": ["https://www.example.com"], "meetingTypeIds": [offer.id]});
    let admin = offer.app.as_persona("admin");
    let made = admin.mutate("createPageToken", input.clone(), "pageToken { id }").await;
    let id = &made["pageToken"]["id"];
    let token = "pageToken { id token createdAt revokedAt }";
    vec![
        Intent::new("createPageToken", token, input, json!({"fieldsPerMinute": 7})),
        Intent::new("revokePageToken", token, json!({"pageTokenId": id}), json!({"pageTokenId": unknown(id)})),
    ]
}

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

/// What somebody who booked says about their telephone.
async fn consent(offer: &Offer<'_>) -> Intent {
    let contacts = "{ contacts(first: 1) { nodes { id } } }";
    let contact = offer.app.as_persona("admin").gql(contacts, json!({})).await["contacts"]["nodes"][0]["id"].take();
    let said = json!({
        "contactId": contact, "channel": "PHONE", "permission": "DENIED", "lawfulBasis": "CONSENT",
        "source": "phone call",
    });
    let answer = "consent { id permission consentTimestamp }";
    Intent::new("recordConsent", answer, said, json!({"permission": "GRANTED"}))
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
        consent(offer).await,
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
    let about_pages = intents_about_pages(offer).await;
    let about_clients = clients::intents(offer.app);
    intents.into_iter().chain(about_deliveries).chain(about_webhooks).chain(about_pages).chain(about_clients).collect()
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

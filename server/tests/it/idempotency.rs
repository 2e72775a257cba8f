//! The same words again: one effect, and the first answer to the byte.

mod clients;
pub mod every;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::listener::Listener;
use crate::support::{App, Caller, Reply, codes, mutation_document, wait_until};

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

    /// Sends it over a socket and answers with the result.
    async fn say(&self, app: &App, caller: &Caller<'_>, input: &Value, key: &str) -> Value {
        let mut input = input.clone();
        input["idempotencyKey"] = json!(key);
        let document = self.document();
        let mut socket = Listener::follow(app, caller, &[(&document, json!({"input": input}))]).await;
        let mut frame = None;
        wait_until("the socket answers", async || {
            frame = socket.hear().await;
            frame.is_some()
        })
        .await;
        frame.unwrap()["payload"].take()
    }
}

const MEETING: &str = "meeting { id status startsAt endsAt version sequence calendarUid updatedAt title }";

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

both_stores!(sockets_and_requests_share_their_keys, async |app: App| {
    let offer = app.open_offer(30).await;
    let booking = Intent::new("bookMeeting", MEETING, offer.booking(&at("10:00")), json!({}));
    let anonymous = &app.as_persona("anonymous");
    let said = join_all((0..8).map(|_| booking.say(&app, anonymous, &booking.input, "one-intent")));
    let sent = join_all((0..8).map(|_| booking.send(anonymous, &booking.input, "one-intent")));
    let (said, sent) = futures_util::future::join(said, sent).await;
    let answers: Vec<Value> = said.into_iter().chain(sent.into_iter().map(|reply| reply.body)).collect();
    let first: Vec<_> = answers.iter().filter(|answer| answer["extensions"].get("idempotency").is_none()).collect();
    let [first] = first.as_slice() else { panic!("it ran {} times: {answers:?}", first.len()) };
    assert_eq!(first["data"]["bookMeeting"]["errors"], json!([]), "{first}");
    for answer in &answers {
        assert_eq!(answer["data"], first["data"]);
    }
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

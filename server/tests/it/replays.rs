//! Replays: what happened once is sent again, in order, beside what happens now, whatever becomes of the worker.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::endpoints::{Endpoint, Heard, Receiver, Told};
use crate::support::{App, Part, codes, wait_until};

const SHOWN: &str = "id state progress matched enqueued delivered dead dryRun";

/// Begins a replay to an endpoint; what is shown of it.
async fn start(app: &App, endpoint: &Endpoint<'_>, wishes: Value) -> Value {
    let mut input = wishes;
    input["endpointId"] = json!(endpoint.id);
    app.as_persona("admin").insist("startReplay", input, &format!("replay {{ {SHOWN} }}")).await["replay"].take()
}

async fn shown(app: &App, replay: &Value) -> Value {
    let document = format!("query ($id: ID!) {{ replay(id: $id) {{ {SHOWN} }} }}");
    app.as_persona("ops").gql(&document, json!({"id": replay["id"]})).await["replay"].take()
}

async fn done(app: &App, replay: &Value) -> Value {
    wait_until("the replay is done", async || shown(app, replay).await["state"] == "DONE").await;
    shown(app, replay).await
}

async fn step(app: &App, mutation: &str, replay: &Value) -> Value {
    let selection = format!("replay {{ {SHOWN} }}");
    app.as_persona("admin").mutate(mutation, json!({"replayId": replay["id"]}), &selection).await
}

fn ids(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(|heard| heard.headers["webhook-id"].clone()).collect()
}

/// What a receiver was sent by replays.
fn replayed(receiver: &Receiver) -> Vec<Heard> {
    receiver.heard().into_iter().filter(|heard| heard.headers.contains_key("meridian-replay")).collect()
}

/// An endpoint that wants bookings and cancellations, and has been told of three of each.
async fn told<'a>(app: &'a App, receiver: &Receiver) -> Endpoint<'a> {
    // Patient, as some of these tests let messages wait.
    let settings = json!({"filter": {"types": ["meeting_booked", "meeting_cancelled"]}, "timeoutSeconds": 30});
    let endpoint = Endpoint::active(app, &receiver.url, settings).await;
    let offer = app.open_offer(30).await;
    for hour in 10..13 {
        let meeting = offer.booked(&format!("2035-01-02T{hour}:00:00Z")).await;
        app.as_persona("admin").mutate("cancelMeeting", json!({"meetingId": meeting}), "meeting { id }").await;
    }
    app.settled().await;
    assert_eq!(receiver.heard().len(), 6);
    endpoint
}

/// Begins a replay, of whose messages the receiver takes none before it lets go; it has heard the first about each of the
/// three meetings, and the others are behind those in line.
async fn start_and_hold(app: &App, endpoint: &Endpoint<'_>, receiver: &Receiver) -> Value {
    let before = replayed(receiver).len();
    receiver.hold_replays();
    let replay = start(app, endpoint, json!({})).await;
    wait_until("the replay has begun", async || replayed(receiver).len() == before + 3).await;
    replay
}

both_stores!(a_replay_sends_the_same_messages_again_and_says_so, async |app: App| {
    let receiver = Receiver::start().await;
    let endpoint = told(&app, &receiver).await;
    let first = receiver.heard();

    let counted = done(&app, &start(&app, &endpoint, json!({"dryRun": true})).await).await;
    assert_eq!((&counted["matched"], &counted["enqueued"]), (&json!(6), &json!(0)));
    assert_eq!(receiver.heard().len(), 6, "a dry run sends nothing");

    let replay = start(&app, &endpoint, json!({})).await;
    let after = done(&app, &replay).await;
    let counts = ["matched", "enqueued", "delivered", "dead", "progress"].map(|name| after[name].clone());
    assert_eq!(counts, [json!(6), json!(6), json!(6), json!(0), json!(1.0)]);
    let again = replayed(&receiver);
    assert_eq!(ids(&again).into_iter().collect::<BTreeSet<_>>(), ids(&first).into_iter().collect());
    assert!(again.iter().all(|heard| json!(heard.headers["meridian-replay"]) == replay["id"]));
    for heard in &again {
        let original = first.iter().find(|one| one.headers["webhook-id"] == heard.headers["webhook-id"]).unwrap();
        assert_eq!(heard.body, original.body);
    }
    let sequences: Vec<(String, i64)> = again
        .iter()
        .map(Heard::json)
        .map(|message| (message["data"]["meeting"]["id"].to_string(), message["sequence"].as_i64().unwrap()))
        .collect();
    for (meeting, sequence) in &sequences {
        let later =
            sequences.iter().filter(|(other, _)| other == meeting).map(|(_, other)| *other).next_back().unwrap();
        assert!(*sequence <= later, "the order of a meeting is kept: {sequences:?}");
    }
    assert_eq!(codes(&step(&app, "cancelReplay", &replay).await), ["REPLAY_ENDED"]);
});

both_stores!(a_selection_narrows_a_replay, async |app: App| {
    let receiver = Receiver::start().await;
    let endpoint = told(&app, &receiver).await;
    let meeting = receiver.heard()[0].json()["data"]["meeting"]["id"].clone();
    let matched = async |wishes: Value| {
        let mut wishes = wishes;
        wishes["dryRun"] = json!(true);
        done(&app, &start(&app, &endpoint, wishes).await).await["matched"].as_i64().unwrap()
    };
    assert_eq!(matched(json!({"types": ["meeting_booked"]})).await, 3);
    assert_eq!(matched(json!({"types": ["contact_created"]})).await, 0, "the endpoint does not want those");
    assert_eq!(matched(json!({"entityId": meeting})).await, 2);
    assert_eq!(matched(json!({"from": "2099-01-01T00:00:00Z"})).await, 0);
    assert_eq!(matched(json!({"to": "2099-01-01T00:00:00Z"})).await, 6);
    let backwards = json!({
        "endpointId": endpoint.id, "from": "2035-01-02T00:00:00Z", "to": "2035-01-01T00:00:00Z",
    });
    let refused = app.as_persona("admin").mutate("startReplay", backwards, "replay { id }").await;
    assert_eq!(codes(&refused), ["FIELD_MISMATCH"]);
});

both_stores!(a_replay_goes_on_after_a_crash_and_doubles_nothing, async |mut app: App| {
    let receiver = Receiver::start().await;
    {
        let endpoint = told(&app, &receiver).await;
        // Slow enough to be killed in the middle.
        receiver.script(vec![Told { after: Duration::from_millis(400), ..Told::status(200) }; 12]);
        start(&app, &endpoint, json!({})).await;
    }
    wait_until("some of it is sent", async || !replayed(&receiver).is_empty()).await;
    app.kill9_all();
    app.start_missing().await;
    let replays = app.as_persona("ops").gql(&format!("{{ replays {{ nodes {{ {SHOWN} }} }} }}"), json!({})).await;
    let after = done(&app, &replays["replays"]["nodes"][0]).await;
    assert_eq!((&after["enqueued"], &after["delivered"]), (&json!(6), &json!(6)), "each once within the job");
    assert_eq!(ids(&replayed(&receiver)).into_iter().collect::<BTreeSet<_>>().len(), 6);
});

both_stores!(a_paused_replay_sends_nothing_and_a_cancelled_one_never_will, async |mut app: App| {
    let receiver = Receiver::start().await;
    app.kill9(Part::Worker);
    app.start_missing().await;
    let endpoint = told(&app, &receiver).await;
    let replay = start_and_hold(&app, &endpoint, &receiver).await;
    assert_eq!(step(&app, "pauseReplay", &replay).await["replay"]["state"], "PAUSED");
    receiver.let_replays_go();
    wait_until("what was under way is made", async || shown(&app, &replay).await["delivered"] == 3).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(replayed(&receiver).len(), 3, "a pause is a pause");
    assert_eq!(shown(&app, &replay).await["state"], "PAUSED");
    assert_eq!(step(&app, "resumeReplay", &replay).await["replay"]["state"], "RUNNING");
    done(&app, &replay).await;
    assert_eq!(replayed(&receiver).len(), 6);

    let other = start_and_hold(&app, &endpoint, &receiver).await;
    assert_eq!(step(&app, "pauseReplay", &other).await["replay"]["state"], "PAUSED");
    assert_eq!(step(&app, "cancelReplay", &other).await["replay"]["state"], "CANCELLED");
    receiver.let_replays_go();
    app.settled().await;
    assert_eq!(replayed(&receiver).len(), 6 + 3, "what was in line was let go");
    assert_eq!(codes(&step(&app, "resumeReplay", &other).await), ["REPLAY_ENDED"]);
});

both_stores!(what_happens_now_passes_a_replay, async |app: App| {
    let receiver = Receiver::start().await;
    let endpoint = told(&app, &receiver).await;
    let replay = start_and_hold(&app, &endpoint, &receiver).await;
    app.open_offer(30).await.booked("2035-01-02T15:00:00Z").await;
    let live = |heard: &&Heard| !heard.headers.contains_key("meridian-replay");
    wait_until("the new one is told", async || receiver.heard().iter().filter(live).count() == 7).await;
    assert_eq!(shown(&app, &replay).await["delivered"], 0, "before the replay was through");
    receiver.let_replays_go();
    assert_eq!(done(&app, &replay).await["delivered"], 6);
});

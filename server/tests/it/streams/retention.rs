//! What a subscriber is told whose cursor lies before what is still there.

use persistence::events;
use serde_json::{Value, json};

use super::socket::Socket;
use crate::leads::free_times;
use crate::support::App;

const EVENTS: &str = "subscription ($after: EventCursor) { events(after: $after) {
    cursor sequence type ... on StreamGap { from to } } }";

/// `e1.0` and `e1.2`: from the beginning, and after the second event.
const BEGINNING: &str = "ZTEuMA";
const SECOND: &str = "ZTEuMg";

/// Books, waits until all of it is delivered, and removes the events before a position; how many there were in all.
async fn history(app: &App, until: i64) -> i64 {
    let admin = app.as_persona("admin");
    for (number, time) in free_times(&admin).await[..3].iter().enumerate() {
        time.book(&admin, number).await;
    }
    app.settled().await;
    let tx = app.database.begin(app.manifest.workspaces["acme"].id).await.unwrap();
    let horizon = events::horizon(&tx).await.unwrap();
    events::retire(&tx, horizon, until).await.unwrap().unwrap();
    let newest = events::position(&tx).await.unwrap();
    tx.commit().await.unwrap();
    newest
}

async fn first(app: &App, after: &str) -> (Socket, Value) {
    let mut socket = Socket::open(&app.url, &app.as_persona("ops").token().await).await;
    socket.subscribe("1", EVENTS, json!({"after": after})).await;
    let (_, mut heard) = socket.next().await;
    (socket, heard["events"].take())
}

both_stores!(a_cursor_before_the_horizon_is_told_what_is_gone, async |app: App| {
    let newest = history(&app, 5).await;
    let (mut socket, gap) = first(&app, SECOND).await;
    // `e1.4`: whoever resumes after the gap's cursor has no gap.
    let expected = json!({"cursor": "ZTEuNA", "sequence": 4, "type": "stream_gap", "from": 3, "to": 4});
    assert_eq!(gap, expected);
    for sequence in 5..=newest {
        assert_eq!(socket.next().await.1["events"]["sequence"], sequence);
    }
    let (_, event) = first(&app, gap["cursor"].as_str().unwrap()).await;
    assert_eq!(event["sequence"], 5);
});

both_stores!(a_page_from_before_the_horizon_is_refused_with_the_way_on, async |app: App| {
    let newest = history(&app, 5).await;
    let ops = app.as_persona("ops");
    let page = |after: Option<Value>| {
        let query = "query ($after: EventCursor) { events(after: $after, first: 100) { edges { node { sequence } } } }";
        (query, json!({"after": after}))
    };
    let (query, variables) = page(Some(json!(BEGINNING)));
    let refused = ops.gql_response(query, variables).await.body;
    let extensions = &refused["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "CURSOR_EXPIRED", "{refused}");
    assert_eq!((&extensions["from"], &extensions["to"]), (&json!(1), &json!(4)));
    for after in [Some(extensions["resumeAfter"].clone()), None] {
        let (query, variables) = page(after);
        let answer = ops.gql_response(query, variables).await.body;
        let edges = answer["data"]["events"]["edges"].as_array().unwrap();
        let sequences: Vec<_> = edges.iter().map(|edge| edge["node"]["sequence"].as_i64().unwrap()).collect();
        assert_eq!(sequences, (5..=newest).collect::<Vec<_>>());
    }
});

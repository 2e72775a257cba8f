//! A store that fails while an event is shown: subscribers get it whole a little later, and not in pieces.

use serde_json::json;
use sqlx::Connection;

use super::end_of_log;
use super::socket::Socket;
use crate::leads::submit;
use crate::support::{App, Part, Store, wait_until};

const BOOKED: &str = "subscription ($after: EventCursor) { meetingEvents(after: $after) {
    type ... on MeetingBooked { meeting { id contact { id } } } } }";

#[tokio::test]
async fn an_event_is_given_whole_or_later() {
    let mut app = App::start(Store::Postgres).await;
    let mut socket = Socket::open(&app.url, &app.as_persona("ops").token().await).await;
    socket.subscribe("1", BOOKED, json!({"after": end_of_log(&app).await})).await;
    app.kill9(Part::Worker);
    let admin = app.as_persona("admin");
    let ada = submit(&admin, "Ada").await;
    let meeting = ada.book(&admin).await;

    // Nobody can read a contact for longer than somebody waits for a lock.
    let mut store = sqlx::PgConnection::connect(app.database_url()).await.unwrap();
    let mut lock = store.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    app.start_missing().await;
    wait_until("a read of the contact was given up", async || {
        app.process(Part::Api).log().contains("a batch could not be read")
    })
    .await;
    lock.rollback().await.unwrap();

    let (_, heard) = socket.next().await;
    let whole = json!({"type": "meeting_booked", "meeting": {"id": meeting, "contact": {"id": ada.contact}}});
    assert_eq!(heard["meetingEvents"], whole);
}

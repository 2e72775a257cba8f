//! An event that the server cannot read, as an older one meets it in the middle of an upgrade: streams and pages show
//! that it is there, and go on.

use serde_json::{Value, json};
use sqlx::Connection as _;

use super::socket::Socket;
use crate::leads::free_times;
use crate::support::{App, Store};

const SHOWN: &str = "__typename cursor sequence type entityId data";

/// `e1.0`: from the beginning.
const BEGINNING: &str = "ZTEuMA";

/// The third event becomes one of a type that nobody knows yet.
async fn renew_the_third(app: &App) {
    let sql = "UPDATE events SET type = 'meeting_sung', fact = '{\"type\": \"meeting_sung\"}' WHERE position = 3";
    match app.store {
        Store::Sqlite => {
            let mut store = sqlx::SqliteConnection::connect(app.database_url()).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut store).await.unwrap();
        }
        Store::Postgres => {
            let mut store = sqlx::PgConnection::connect(app.database_url()).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut store).await.unwrap();
        }
    }
}

both_stores!(an_event_of_a_newer_version_is_shown_without_its_payload, async |app: App| {
    let admin = app.as_persona("admin");
    let times = free_times(&admin).await;
    for (number, time) in times[..3].iter().enumerate() {
        time.book(&admin, number).await;
    }
    app.settled().await;
    renew_the_third(&app).await;

    let ops = app.as_persona("ops");
    let page = format!("{{ events(first: 4) {{ edges {{ node {{ {SHOWN} }} }} }} }}");
    let page = ops.gql(&page, json!({})).await["events"]["edges"].take();
    let mut paged: Vec<Value> = page.as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect();
    assert_eq!((&paged[2]["__typename"], &paged[2]["type"]), (&json!("OtherEvent"), &json!("meeting_sung")));
    assert_eq!((&paged[2]["data"], paged[2]["entityId"].is_string()), (&json!({}), true));

    let mut socket = Socket::open(&app.url, &ops.token().await).await;
    let follow = format!("subscription ($after: EventCursor) {{ events(after: $after) {{ {SHOWN} }} }}");
    socket.subscribe("1", &follow, json!({"after": BEGINNING})).await;
    for expected in paged.drain(..) {
        assert_eq!(socket.next().await.1["events"], expected);
    }
    // It goes on to what happens now.
    let meeting = times[3].book(&admin, 3).await;
    while socket.next().await.1["events"]["entityId"] != json!(meeting) {}
});

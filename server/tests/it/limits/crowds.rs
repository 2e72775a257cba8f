//! Many at once: sockets and subscriptions of a client, requests of a workspace.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::Connection;

use crate::streams::socket::Socket;
use crate::support::{App, Store, Wishes, wait_until};

fn wishes(settings: &[(&str, u32)]) -> Wishes {
    let environment =
        settings.iter().map(|(name, value)| (&*format!("MERIDIAN_LIMITS__{name}").leak(), value.to_string()));
    Wishes { environment: environment.collect(), ..Wishes::default() }
}

const FOLLOW: &str = "subscription { events { id } }";

#[tokio::test]
async fn a_client_has_so_many_sockets_and_subscriptions() {
    let settings = [("SOCKETS_PER_CLIENT", 2), ("SUBSCRIPTIONS_PER_CLIENT", 3), ("SUBSCRIPTIONS", 4)];
    let app = App::start_with(Store::Sqlite, wishes(&settings)).await;
    let token = app.as_persona("admin").token().await;
    let mut first = Socket::open(&app.url, &token).await;
    let mut second = Socket::open(&app.url, &token).await;
    assert_eq!(Socket::try_open(&app.url, &token).await.err(), Some(4429));
    let partner = app.as_persona("partner").token().await;
    let mut others = Socket::open(&app.url, &partner).await;

    first.subscribe("a", FOLLOW, json!({})).await;
    first.subscribe("b", FOLLOW, json!({})).await;
    first.pong().await;
    second.subscribe("a", FOLLOW, json!({})).await;
    second.pong().await;
    let refused = async |socket: &mut Socket| {
        socket.subscribe("z", FOLLOW, json!({})).await;
        let told = socket.message().await;
        assert_eq!(told["type"], "error", "{told}");
        told["payload"][0]["extensions"]["code"].clone()
    };
    assert_eq!(refused(&mut second).await, "TOO_MANY_STREAMS", "of the client");
    others.subscribe("a", FOLLOW, json!({})).await;
    others.pong().await;
    assert_eq!(refused(&mut others).await, "TOO_MANY_STREAMS", "of the server");

    // What ends makes room.
    first.complete("a").await;
    first.pong().await;
    others.subscribe("b", FOLLOW, json!({})).await;
    others.pong().await;
    second.close().await;
    let again = async || Socket::try_open(&app.url, &token).await.is_ok();
    wait_until("a closed socket makes room", again).await;
}

#[tokio::test]
async fn a_workspace_in_a_rush_waits_in_its_own_line() {
    let app = App::start_with(Store::Postgres, wishes(&[("RUNNING_PER_WORKSPACE", 1)])).await;
    let (admin, others) = (app.as_persona("admin"), app.as_persona("other_admin"));
    let mut store = sqlx::PgConnection::connect(app.database_url()).await.unwrap();
    let mut onlooker = sqlx::PgConnection::connect(app.database_url()).await.unwrap();
    let mut lock = store.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE contacts IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let first = async { admin.gql_response("{ contacts { nodes { id } } }", json!({})).await };
    let meanwhile = async {
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%contacts%'";
        wait_until("the first asks the store", async || {
            let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&mut onlooker).await.unwrap();
            waiting > 0
        })
        .await;
        let second = admin.gql_response("{ viewer { clientId } }", json!({})).await;
        assert_eq!(
            (second.status.as_u16(), &second.body["errors"][0]["extensions"]["code"]),
            (429, &json!("RATE_LIMITED"))
        );
        let another = others.gql_response("{ viewer { clientId } }", json!({})).await;
        assert!(another.body["data"]["viewer"]["clientId"].is_string(), "{}", another.text);
        lock.rollback().await.unwrap();
    };
    let (first, ()) = tokio::join!(first, meanwhile);
    assert!(first.body["data"]["contacts"].is_object(), "{}", first.text);
    let asked = (0..20).map(|_| admin.gql_response("{ contacts { nodes { id } } }", json!({})));
    let codes = join_all(asked).await.into_iter().map(|reply| reply.body["errors"][0]["extensions"]["code"].clone());
    assert_eq!(codes.filter(|code| !code.is_null()).collect::<Vec<Value>>(), Vec::<Value>::new(), "they only wait");
}

//! Many at once: sockets and subscriptions of a client, requests of a workspace.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::streams::socket::Socket;
use crate::support::{App, Store, Wishes};

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
    crate::support::wait_until("a closed socket makes room", again).await;
}

#[tokio::test]
async fn a_workspace_in_a_rush_waits_in_its_own_line() {
    let app = App::start_with(Store::Sqlite, wishes(&[("RUNNING_PER_WORKSPACE", 1)])).await;
    let admin = app.as_persona("admin");
    admin.token().await;
    let asked = (0..20).map(|_| admin.gql_response("{ contacts { nodes { id } } }", json!({})));
    let codes = join_all(asked).await.into_iter().map(|reply| reply.body["errors"][0]["extensions"]["code"].clone());
    assert_eq!(codes.filter(|code| !code.is_null()).collect::<Vec<Value>>(), Vec::<Value>::new(), "they only wait");
}

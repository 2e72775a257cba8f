//! Callers who spend what they have: on one server, on several, with and without Redis, by password and by token.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::oauth::visitor::{Delegate, Visitor, member};
use crate::streams::socket::Socket;
use crate::support::{App, Redis, Reply, Store, Wishes, wait_until};

/// Ten requests of the least there is, and the eleventh after a hundred seconds.
fn slow() -> Vec<(&'static str, String)> {
    [("POINTS_BURST", 10), ("POINTS_PER_SECOND", 1), ("REQUEST_COST_MAX", 10)]
        .map(|(name, value)| (&*format!("MERIDIAN_LIMITS__{name}").leak(), value.to_string()))
        .into()
}

async fn code_of(app: &App, persona: &str, server: &str) -> Value {
    let caller = app.as_persona(persona).at(server);
    let reply = caller.gql_response("{ viewer { clientId } }", json!({})).await;
    reply.body["errors"][0]["extensions"]["code"].clone()
}

/// Refused as it should be, and with how long to wait.
fn check_refusal(reply: &Reply) -> u64 {
    let extensions = &reply.body["errors"][0]["extensions"];
    assert_eq!((reply.status.as_u16(), &extensions["code"]), (429, &json!("RATE_LIMITED")), "{}", reply.text);
    assert_eq!((&extensions["retryable"], &reply.body["data"]), (&json!(true), &Value::Null));
    let wait = extensions["retryAfterMs"].as_u64().unwrap();
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert_eq!(seconds, wait.div_ceil(1000));
    wait
}

#[tokio::test]
async fn a_client_that_has_spent_its_budget_is_told_when_to_come_back() {
    let wishes = Wishes { environment: slow(), ..Wishes::default() };
    let app = App::start_with(Store::Sqlite, wishes).await;
    let admin = app.as_persona("admin");
    let began = Instant::now();
    let mut refused = None;
    for _ in 0..100 {
        let reply = admin.gql_response("{ viewer { clientId } }", json!({})).await;
        if reply.body.get("errors").is_some() {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.unwrap_or_else(|| panic!("nothing was refused in {:?}", began.elapsed()));
    let wait = check_refusal(&refused);
    assert_eq!(refused.body["extensions"]["cost"]["maximum"], 10);
    assert_eq!(code_of(&app, "partner", &app.url).await, Value::Null, "others are not held up");

    // Over a socket too, which stays open.
    let mut socket = Socket::open(&app.url, &admin.token().await).await;
    socket.subscribe("a", "{ viewer { clientId } }", json!({})).await;
    let told = socket.message().await;
    assert_eq!((&told["type"], &told["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("RATE_LIMITED")));
    let socket_wait = told["payload"][0]["extensions"]["retryAfterMs"].as_u64().unwrap();
    tokio::time::sleep(Duration::from_millis(wait.max(socket_wait))).await;
    socket.subscribe("b", "{ viewer { clientId } }", json!({})).await;
    assert_eq!(socket.message().await["type"], "next");
}

#[tokio::test]
async fn servers_share_budgets_while_redis_is_there() {
    let mut redis = Redis::start();
    let wishes = Wishes { redis_url: Some(redis.url()), environment: slow() };
    let mut app = App::start_with(Store::Postgres, wishes).await;
    let other = app.another_api().await;
    redis.wait_for_listeners(3).await;
    let first = app.url.clone();
    while code_of(&app, "admin", &first).await.is_null() {}
    // Two points each: a second's leak pays for half a request, so of some at once at most one is let through.
    let mut let_through = 0;
    for _ in 0..4 {
        let_through += u32::from(code_of(&app, "admin", &other).await.is_null());
    }
    assert!(let_through <= 1, "{let_through}");

    // Without Redis each goes on with a budget of its own, and nobody is told about Redis.
    redis.kill();
    let began = Instant::now();
    // What Redis said last is kept to: for how long nothing is left.
    wait_until("that time is over", async || code_of(&app, "admin", &other).await.is_null()).await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(code_of(&app, "admin", &other).await);
    }
    assert_eq!(codes, [Value::Null, Value::Null, Value::Null], "after {:?}", began.elapsed());
}

#[tokio::test]
async fn guesses_are_counted_where_they_come_from() {
    let few = [("TOKENS_BURST", 5), ("TOKENS_PER_SECOND", 1)];
    let environment = few.map(|(name, value)| (&*format!("MERIDIAN_LIMITS__{name}").leak(), value.to_string()));
    let app = App::start_with(Store::Sqlite, Wishes { environment: environment.into(), ..Wishes::default() }).await;
    let known = app.as_persona("admin").token().await;
    let mut statuses = Vec::new();
    for number in 0..8 {
        // Page tokens that were never made: only the store can tell.
        let guess = format!("pgt_01jd3v000000000000000000{number:02}");
        let request = app.http.post(format!("{}/graphql", app.url)).bearer_auth(guess);
        let answer = request.json(&json!({"query": "{ meetingTypes { id } }"})).send().await.unwrap();
        if answer.status() == 429 {
            assert!(answer.headers().contains_key("retry-after"));
        }
        statuses.push(answer.status().as_u16());
    }
    assert!(statuses.starts_with(&[401, 401, 401, 401, 401]) && statuses.contains(&429), "{statuses:?}");
    // Whoever can be known without the store is let in from there all the same.
    let request = app.http.post(format!("{}/graphql", app.url)).bearer_auth(known);
    let answer = request.json(&json!({"query": "{ viewer { clientId } }"})).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);

    let mut statuses = Vec::new();
    for _ in 0..8 {
        let form = [("token", "x"), ("client_id", "cli_01jd3v00000000000000000000"), ("client_secret", "guess")];
        let request = app.http.post(format!("{}/oauth/introspect", app.url)).form(&form);
        statuses.push(request.send().await.unwrap().status().as_u16());
    }
    assert!(statuses.starts_with(&[401, 401, 401, 401, 401]) && statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn tokens_and_passwords_cannot_be_guessed_at_will() {
    let few = [("TOKENS_BURST", 5), ("TOKENS_PER_SECOND", 1), ("SIGN_INS_BURST", 2), ("SIGN_INS_PER_SECOND", 1)];
    let environment = few.map(|(name, value)| (&*format!("MERIDIAN_LIMITS__{name}").leak(), value.to_string()));
    let app = App::start_with(Store::Sqlite, Wishes { environment: environment.into(), ..Wishes::default() }).await;
    member(&app, "acme", "mia@acme.example", "meetings:read");
    let client = Delegate::register(&app, "meetings:read", &[]);
    let query = client.query(&[]);
    let mut statuses = Vec::new();
    for number in 0..4 {
        let mut visitor = Visitor::new(&app);
        // Every time another member: a member's own waits are not what is tried here.
        let answer = visitor.sign_in(&query, &format!("nobody{number}@acme.example"), "wrong").await;
        statuses.push(answer.status.as_u16());
        if answer.status == 429 {
            assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
        }
    }
    assert!(statuses.starts_with(&[403, 403]) && statuses.contains(&429), "{statuses:?}");

    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(client.ask(&app, &[("grant_type", "refresh_token"), ("refresh_token", "guess")]).await);
    }
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(answers[0].status == 400 && !refused.is_empty(), "{:?}", answers[0].text);
    assert_eq!(refused[0].body["error"], "temporarily_unavailable");
    assert_eq!(refused[0].header("retry-after"), "1");
}

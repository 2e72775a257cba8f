//! What comes of one consent: tokens that follow one another, and end together when two have one of them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::viewer;
use super::visitor::{Delegate, Visitor, member};
use crate::support::{App, Reply, Store, codes, wait_until};

fn text<'a>(granted: &'a Value, name: &str) -> &'a str {
    granted[name].as_str().unwrap_or_else(|| panic!("no {name}: {granted}"))
}

fn is_refused(reply: &Reply) -> bool {
    (reply.status.as_u16(), &reply.body["error"]) == (400, &json!("invalid_grant"))
}

/// Mia of the large company, and a public client that she allowed.
async fn allowed(app: &App) -> (Delegate, Value) {
    member(app, "acme", "mia@acme.example", "meetings:read");
    let client = Delegate::register(app, "meetings:read", &["--public"]);
    let granted = client.allowed_by(app, "mia@acme.example").await;
    (client, granted)
}

async fn ends_within_five_seconds(app: &App, token: &str) {
    let since = Instant::now();
    wait_until("the access token ends too", async || viewer(app, token).await.status == 401).await;
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

both_stores!(a_refresh_token_is_given_up_for_the_next, async |mut app: App| {
    let (client, first) = allowed(&app).await;
    let second = client.refresh(&app, text(&first, "refresh_token")).await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert_ne!(second.body["refresh_token"], first["refresh_token"]);
    assert_eq!(viewer(&app, text(&second.body, "access_token")).await.status, 200);
    app.restart().await;
    let third = client.refresh(&app, text(&second.body, "refresh_token")).await;
    assert_eq!(third.status, 200, "{}", third.text);

    // The first one again, now that somebody went on from its successor: it is in two hands.
    assert!(is_refused(&client.refresh(&app, text(&first, "refresh_token")).await));
    assert!(is_refused(&client.refresh(&app, text(&third.body, "refresh_token")).await), "the family is over");
    for granted in [&first, &second.body, &third.body] {
        ends_within_five_seconds(&app, text(granted, "access_token")).await;
    }
});

both_stores!(a_client_that_refreshes_twice_at_once_is_no_thief, async |app: App| {
    let (client, first) = allowed(&app).await;
    let token = text(&first, "refresh_token");
    let all = futures_util::future::join_all((0..4).map(|_| client.refresh(&app, token))).await;
    for granted in &all {
        assert_eq!(granted.status, 200, "{}", granted.text);
    }
    for granted in &all {
        assert_eq!(client.refresh(&app, text(&granted.body, "refresh_token")).await.status, 200);
    }
});

both_stores!(a_code_that_is_shown_twice_ends_what_it_gave, async |app: App| {
    member(&app, "acme", "mia@acme.example", "meetings:read");
    let client = Delegate::register(&app, "meetings:read", &["--public"]);
    let code = Visitor::new(&app).allow(&client.query(&[]), "mia@acme.example").await;
    let (a, b) = tokio::join!(client.redeem(&app, &code), client.redeem(&app, &code));
    let [first, second] = if a.status == 200 { [a, b] } else { [b, a] };
    assert_eq!(first.status, 200, "{}", first.text);
    assert!(is_refused(&second), "{}", second.text);
    assert!(is_refused(&client.refresh(&app, text(&first.body, "refresh_token")).await));
    ends_within_five_seconds(&app, text(&first.body, "access_token")).await;
});

both_stores!(a_refresh_token_that_is_revoked_takes_its_access_tokens_along, async |app: App| {
    let (client, granted) = allowed(&app).await;
    let about = async |path: &str, client: &Delegate, token: &str| {
        let form = [("token", token), ("client_id", client.id.as_str())];
        Reply::read(app.http.post(format!("{}/oauth/{path}", app.url)).form(&form).send().await.unwrap()).await.unwrap()
    };
    let other = Delegate::register(&app, "meetings:read", &["--public"]);
    let token = text(&granted, "refresh_token");
    assert!(is_refused(&about("revoke", &other, token).await), "it is not the other's to revoke");
    assert_eq!(about("introspect", &client, token).await.status, 401, "nothing is told to those who prove nothing");
    assert_eq!(about("revoke", &client, token).await.status, 200);
    assert!(is_refused(&client.refresh(&app, token).await));
    ends_within_five_seconds(&app, text(&granted, "access_token")).await;
});

#[tokio::test]
async fn less_may_be_asked_for_and_more_costs_nothing() {
    let app = App::start(Store::Sqlite).await;
    member(&app, "acme", "mia@acme.example", "meetings:read contacts:read");
    let client = Delegate::register(&app, "meetings:read contacts:read meetings:write", &[]);
    let query = client.query(&[("scope", Some("meetings:read contacts:read"))]);
    let code = Visitor::new(&app).allow(&query, "mia@acme.example").await;
    let granted = client.redeem(&app, &code).await.body;
    let token = text(&granted, "refresh_token").to_owned();
    let ask = async |token: &str, scope: &str| {
        client.ask(&app, &[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)]).await
    };
    for more in ["meetings:write", "everything"] {
        assert_eq!(ask(&token, more).await.body["error"], "invalid_scope", "{more}");
    }
    let less = ask(&token, "contacts:read").await;
    assert_eq!(less.body["scope"], "contacts:read");
    let all = client.refresh(&app, text(&less.body, "refresh_token")).await;
    assert_eq!(all.body["scope"], "meetings:read contacts:read", "what was allowed stays allowed");
}

#[tokio::test]
async fn two_members_of_one_client_have_keys_of_their_own() {
    let app = App::start(Store::Sqlite).await;
    let client = Delegate::register(&app, "availability:manage", &[]);
    let query = client.query(&[("scope", Some("availability:manage"))]);
    for email in ["mia@acme.example", "max@acme.example"] {
        member(&app, "acme", email, "availability:manage");
        let code = Visitor::new(&app).allow(&query, email).await;
        let token = client.redeem(&app, &code).await.body["access_token"].as_str().unwrap().to_owned();
        let schedule = json!({"timeZone": "UTC", "weekly": []});
        let input = json!({"idempotencyKey": "the-same", "name": email, "email": email, "schedule": schedule});
        let query =
            "mutation ($input: CreateHostInput!) { createHost(input: $input) { host { name } errors { code } } }";
        let body = json!({"query": query, "variables": {"input": input}});
        let request = app.http.post(format!("{}/graphql", app.url)).json(&body).bearer_auth(token);
        let reply = Reply::read(request.send().await.unwrap()).await.unwrap();
        let made = &reply.body["data"]["createHost"];
        assert_eq!((codes(made).len(), &made["host"]["name"]), (0, &json!(email)), "{}", reply.text);
    }
}

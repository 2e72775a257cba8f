//! Revocation (RFC 7009) and introspection (RFC 7662), and how fast a revocation goes round.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Proof, credentials, grant, viewer};
use crate::listener::Listener;
use crate::support::{App, Reply, Store, wait_until};

async fn about(app: &App, path: &str, persona: &str, token: &str) -> Reply {
    let (id, secret) = credentials(app, persona);
    let request = app.http.post(format!("{}/oauth/{path}", app.url)).basic_auth(id, Some(secret));
    Reply::read(request.form(&[("token", token)]).send().await.unwrap()).await.unwrap()
}

async fn token_of(app: &App, persona: &str) -> String {
    let (id, secret) = credentials(app, persona);
    grant(app, Proof::Basic(&id, &secret), None).await.body["access_token"].as_str().unwrap().to_owned()
}

both_stores!(what_is_revoked_at_one_server_is_refused_at_all_within_five_seconds, async |mut app: App| {
    let other = app.another_api().await;
    let (token, spared) = (token_of(&app, "partner").await, token_of(&app, "partner").await);
    let follow = [("subscription { meetingBooked { type } }", json!({}))];
    let socket = Listener::follow_at(&other, &token, &follow).await;
    let here = app.url.clone();
    app.url = other;
    assert_eq!(viewer(&app, &token).await.status, 200);

    let elsewhere = std::mem::replace(&mut app.url, here);
    let revoked = about(&app, "revoke", "partner", &token).await;
    assert_eq!((revoked.status.as_u16(), revoked.text.as_str()), (200, ""));
    let since = Instant::now();
    assert_eq!(socket.closed().await, (4403, "Session revoked".to_owned()));
    app.url = elsewhere;
    wait_until("the token is refused", async || viewer(&app, &token).await.status == 401).await;
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
    assert_eq!(viewer(&app, &spared).await.status, 200, "a token is revoked, not its client");
});

both_stores!(a_revocation_outlives_a_restart, async |mut app: App| {
    let token = token_of(&app, "partner").await;
    about(&app, "revoke", "partner", &token).await;
    app.restart().await;
    assert_eq!(viewer(&app, &token).await.status, 401);
});

#[tokio::test]
async fn only_its_own_client_revokes_a_token_and_an_unknown_one_is_no_error() {
    let app = App::start(Store::Sqlite).await;
    let token = token_of(&app, "partner").await;
    let refused = about(&app, "revoke", "ops", &token).await;
    assert_eq!((refused.status.as_u16(), &refused.body["error"]), (400, &json!("invalid_grant")));
    assert_eq!(viewer(&app, &token).await.status, 200);
    for nothing in ["abc", "a.b.c", &format!("{token}x")] {
        assert_eq!(about(&app, "revoke", "partner", nothing).await.status, 200, "{nothing}");
    }
    assert_eq!(about(&app, "revoke", "partner", "").await.body["error"], "invalid_request");
    let nobody = app.http.post(format!("{}/oauth/revoke", app.url)).form(&[("token", &token)]);
    assert_eq!(nobody.send().await.unwrap().status(), 401);
}

both_stores!(a_token_is_described_to_its_own_workspace_until_it_is_revoked, async |app: App| {
    let token = token_of(&app, "partner").await;
    let described = about(&app, "introspect", "ops", &token).await;
    assert_eq!((described.status.as_u16(), described.header("cache-control")), (200, "no-store"));
    let mut answer = described.body.clone();
    let lasts = answer["exp"].as_i64().unwrap() - answer["iat"].as_i64().unwrap();
    assert_eq!(lasts, 900);
    assert!(answer["jti"].as_str().unwrap().starts_with("tok_"));
    for drawn in ["exp", "iat", "jti"] {
        answer[drawn] = Value::Null;
    }
    let (id, _) = credentials(&app, "partner");
    assert_eq!(
        answer,
        json!({
            "active": true, "token_type": "Bearer", "scope": "availability:read meetings:read events:subscribe",
            "client_id": id, "sub": id, "aud": "http://meridian.test", "iss": "http://meridian.test",
            "exp": null, "iat": null, "jti": null,
        })
    );
    let nothing = json!({"active": false});
    assert_eq!(about(&app, "introspect", "other_admin", &token).await.body, nothing);
    assert_eq!(about(&app, "introspect", "ops", "abc").await.body, nothing);
    about(&app, "revoke", "partner", &token).await;
    assert_eq!(about(&app, "introspect", "ops", &token).await.body, nothing, "at once, not in some seconds");
});

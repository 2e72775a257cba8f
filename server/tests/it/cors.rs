//! Which pages may use whose tokens.

use reqwest::Method;
use serde_json::json;

use crate::listener::Listener;
use crate::support::{App, Reply, wait_until};

const PAGE: &str = "https://app.example";
const STRANGER: &str = "https://evil.example";

/// The partner's app lives at `PAGE`.
async fn allow(app: &App) {
    let input = json!({"clientId": app.manifest.personas["partner"].client_id, "origins": [PAGE]});
    let set = app.as_persona("admin").mutate("setClientOrigins", input, "origins").await;
    assert_eq!(set["origins"], json!([PAGE]));
}

/// What a browser asks before it sends JSON with a token.
async fn preflight(app: &App, path: &str, origin: &str) -> Reply {
    let request = app.http.request(Method::OPTIONS, format!("{}{path}", app.url)).header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    let request = request.header("access-control-request-headers", "authorization,content-type,idempotency-key");
    Reply::read(request.send().await.unwrap()).await.unwrap()
}

async fn ask(app: &App, persona: &str, origin: &str) -> Reply {
    let request = app.http.post(format!("{}/graphql", app.url)).header("origin", origin);
    let request = request.json(&json!({"query": "{ viewer { clientId } }"}));
    let request = request.bearer_auth(app.as_persona(persona).token().await);
    Reply::read(request.send().await.unwrap()).await.unwrap()
}

async fn token(app: &App, persona: &str, origin: &str) -> Reply {
    let persona = &app.manifest.personas[persona];
    let request = app.http.post(format!("{}/oauth/token", app.url)).header("origin", origin);
    let request = request.basic_auth(persona.client_id.to_string(), Some(&persona.client_secret));
    Reply::read(request.form(&[("grant_type", "client_credentials")]).send().await.unwrap()).await.unwrap()
}

const ALLOWED: &str = "access-control-allow-origin";

both_stores!(a_page_uses_the_tokens_of_clients_that_are_used_there, async |app: App| {
    allow(&app).await;
    for path in ["/graphql", "/oauth/token", "/oauth/revoke"] {
        let may = preflight(&app, path, PAGE).await;
        assert_eq!((may.status.as_u16(), may.header(ALLOWED)), (200, PAGE), "{path}");
        for wanted in ["authorization", "content-type", "idempotency-key", "last-event-id"] {
            assert!(may.header("access-control-allow-headers").contains(wanted), "{path}: {wanted}");
        }
        assert_eq!(may.header("access-control-allow-credentials"), "", "cookies are no part of it");
        assert_eq!(preflight(&app, path, STRANGER).await.header(ALLOWED), "", "{path}");
        assert_eq!(preflight(&app, path, "null").await.header(ALLOWED), "", "{path}");
    }
    assert_eq!(preflight(&app, "/oauth/authorize", PAGE).await.header(ALLOWED), "");
    assert_eq!(preflight(&app, "/oauth/introspect", PAGE).await.header(ALLOWED), "");

    let answered = ask(&app, "partner", PAGE).await;
    assert_eq!((answered.status.as_u16(), answered.header(ALLOWED)), (200, PAGE));
    assert!(answered.headers.get_all("vary").iter().any(|value| value.to_str().unwrap().contains("origin")));
    assert!(answered.header("access-control-expose-headers").contains("x-correlation-id"));
    for (persona, origin, shown) in [("ops", PAGE, PAGE), ("partner", STRANGER, ""), ("partner", "null", "")] {
        let refused = ask(&app, persona, origin).await;
        assert_eq!((refused.status.as_u16(), refused.header(ALLOWED)), (403, shown), "{persona} {origin}");
        assert_eq!(refused.body["errors"][0]["extensions"]["code"], "ORIGIN_NOT_ALLOWED");
    }
    assert_eq!(ask(&app, "ops", &app.url).await.status, 200, "a page of our own");
});

both_stores!(a_page_gets_tokens_for_clients_that_are_used_there, async |app: App| {
    allow(&app).await;
    let granted = token(&app, "partner", PAGE).await;
    assert_eq!((granted.status.as_u16(), granted.header(ALLOWED)), (200, PAGE));
    for (persona, origin, shown) in [("ops", PAGE, PAGE), ("partner", STRANGER, "")] {
        let refused = token(&app, persona, origin).await;
        assert_eq!((refused.status.as_u16(), refused.header(ALLOWED)), (400, shown), "{persona} {origin}");
        assert_eq!(refused.body["error"], "unauthorized_client");
    }
    assert_eq!(token(&app, "ops", &app.url).await.status, 200, "a page of our own");
    for path in ["/.well-known/oauth-authorization-server", "/oauth/jwks", "/schemas", "/errors"] {
        let public = app.http.get(format!("{}{path}", app.url)).header("origin", STRANGER).send().await.unwrap();
        assert_eq!(public.headers()[ALLOWED], "*", "{path}");
    }
});

both_stores!(a_page_opens_sockets_for_clients_that_are_used_there, async |app: App| {
    allow(&app).await;
    let question = [json!({"query": "{ viewer { clientId } }"})];
    let (partner, ops) = (app.as_persona("partner").token().await, app.as_persona("ops").token().await);
    for (token, origin) in [(&partner, PAGE), (&ops, app.url.as_str())] {
        let mut listener = Listener::ask(&app.url, token, Some(origin), &question).await;
        let mut heard = None;
        for _ in 0..100 {
            heard = heard.or(listener.hear().await);
        }
        assert_eq!(heard.unwrap()["type"], "next", "{origin}");
    }
    for (token, origin) in [(&ops, PAGE), (&partner, STRANGER), (&partner, "null")] {
        let closed = Listener::ask(&app.url, token, Some(origin), &[]).await.closed().await;
        assert_eq!(closed, (4403, "Origin not allowed".to_owned()), "{origin}");
    }
});

both_stores!(a_booking_page_is_where_its_token_says, async |app: App| {
    const SITE: &str = "https://www.example.com";
    let admin = app.as_persona("admin");
    let offer = admin.gql(r#"{ meetingType(slug: "intro") { id } }"#, json!({})).await["meetingType"]["id"].take();
    let input = json!({"name": "Site", "origins": [SITE], "meetingTypeIds": [offer]});
    let made = admin.mutate("createPageToken", input, "pageToken { id token }").await;
    let may = preflight(&app, "/graphql", SITE).await;
    assert_eq!((may.status.as_u16(), may.header(ALLOWED)), (200, SITE));
    assert_eq!(preflight(&app, "/graphql", STRANGER).await.header(ALLOWED), "");
    let request = app.http.post(format!("{}/graphql", app.url)).header("origin", SITE);
    let request = request.json(&json!({"query": "{ meetingTypes { id } }"}));
    let request = request.bearer_auth(made["pageToken"]["token"].as_str().unwrap());
    let answered = Reply::read(request.send().await.unwrap()).await.unwrap();
    assert_eq!(answered.header(ALLOWED), SITE);
    assert_eq!(answered.body["data"]["meetingTypes"], json!([{"id": offer}]), "{}", answered.text);
    let revoked = json!({"pageTokenId": made["pageToken"]["id"]});
    admin.mutate("revokePageToken", revoked, "pageToken { id }").await;
    wait_until("the site is nobody's", async || preflight(&app, "/graphql", SITE).await.header(ALLOWED).is_empty())
        .await;
});

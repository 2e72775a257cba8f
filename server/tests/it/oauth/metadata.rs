//! What the server says of itself (RFC 8414), held against what it does.

use serde_json::{Value, json};

use crate::support::{App, Reply, Store};

async fn get(app: &App, path: &str) -> Reply {
    Reply::read(app.http.get(format!("{}{path}", app.url)).send().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_metadata_is_complete_and_every_endpoint_of_it_answers() {
    let app = App::start(Store::Sqlite).await;
    let reply = get(&app, "/.well-known/oauth-authorization-server").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/json"));
    let issuer = reply.body["issuer"].as_str().unwrap();
    for (name, url) in reply.body.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint")) {
        let path = url.as_str().unwrap().strip_prefix(issuer).expect("everything is at the issuer");
        let answered = app.http.post(format!("{}{path}", app.url)).send().await.unwrap().status();
        assert!([400, 401].contains(&answered.as_u16()), "{name}: {answered}");
    }
    let mut document = reply.body.clone();
    // The table of scopes has a test of its own.
    document["scopes_supported"] =
        json!(document["scopes_supported"].as_array().unwrap().contains(&json!("meetings:read")));
    insta::assert_json_snapshot!(document);
}

#[tokio::test]
async fn the_published_key_is_the_one_that_signs_and_nothing_private_is_with_it() {
    let app = App::start(Store::Sqlite).await;
    let token = app.as_persona("partner").token().await;
    let header = jsonwebtoken::decode_header(&token).unwrap();
    let reply = get(&app, "/oauth/jwks").await;
    let keys = reply.body["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == *header.kid.as_ref().unwrap()).unwrap();
    let names: Vec<&str> = key.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    let public = jsonwebtoken::DecodingKey::from_ed_components(key["x"].as_str().unwrap()).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    rules.set_audience(&["http://meridian.test"]);
    rules.set_issuer(&["http://meridian.test"]);
    let claims = jsonwebtoken::decode::<Value>(&token, &public, &rules).unwrap().claims;
    assert_eq!(claims["sub"], claims["client_id"]);
}

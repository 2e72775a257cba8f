//! The token endpoint (RFC 6749 §4.4) and what becomes of its tokens (RFC 9068, RFC 6750).

mod assertions;
mod authorize;
mod endings;
mod families;
mod foreign;
mod issuers;
mod metadata;
mod passwords;
mod rotation;
pub mod visitor;

use std::fmt::Write as _;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use persistence::Sealer;
use persistence::workspaces::signing_keys;
use sandbox::DataDir;
use serde_json::{Value, json};

use crate::support::{App, Reply, Store};

/// Who proves to be whom, and how.
#[derive(Clone, Copy)]
enum Proof<'a> {
    Basic(&'a str, &'a str),
    Post(&'a str, &'a str),
    Both(&'a str, &'a str),
    /// The header, and a `client_id` beside it.
    BasicNamed(&'a str, &'a str, &'a str),
}

async fn grant(app: &App, proof: Proof<'_>, scope: Option<&str>) -> Reply {
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(scope.map(|scope| ("scope", scope)));
    let mut request = app.http.post(format!("{}/oauth/token", app.url));
    match proof {
        Proof::Basic(id, secret) => request = request.basic_auth(id, Some(secret)),
        Proof::Post(id, secret) => form.extend([("client_id", id), ("client_secret", secret)]),
        Proof::Both(id, secret) => {
            request = request.basic_auth(id, Some(secret));
            form.extend([("client_id", id), ("client_secret", secret)]);
        }
        Proof::BasicNamed(id, secret, named) => {
            request = request.basic_auth(id, Some(secret));
            form.push(("client_id", named));
        }
    }
    Reply::read(request.form(&form).send().await.unwrap()).await.unwrap()
}

async fn viewer(app: &App, token: &str) -> Reply {
    let body = json!({"query": "{ viewer { clientId scopes member { email } } }"});
    let request = app.http.post(format!("{}/graphql", app.url)).json(&body).bearer_auth(token);
    Reply::read(request.send().await.unwrap()).await.unwrap()
}

/// Client id and secret of a persona.
fn credentials(app: &App, persona: &str) -> (String, String) {
    let entry = &app.manifest.personas[persona];
    (entry.client_id.to_string(), entry.client_secret.clone())
}

both_stores!(a_client_proves_itself_in_one_way, async |app: App| {
    let (id, secret) = credentials(&app, "partner");
    let (other, _) = credentials(&app, "admin");
    for proof in [Proof::Basic(&id, &secret), Proof::Post(&id, &secret), Proof::BasicNamed(&id, &secret, &id)] {
        let granted = grant(&app, proof, None).await;
        assert_eq!(granted.status, 200, "{}", granted.text);
        assert_eq!((granted.header("cache-control"), granted.header("pragma")), ("no-store", "no-cache"));
        let mut answer = granted.body.clone();
        let token = answer["access_token"].take();
        assert_eq!(
            answer,
            json!({
                "access_token": null, "token_type": "bearer", "expires_in": 900,
                "scope": "availability:read meetings:read events:subscribe",
            })
        );
        assert_eq!(viewer(&app, token.as_str().unwrap()).await.body["data"]["viewer"]["clientId"], id);
    }
    for proof in [Proof::Both(&id, &secret), Proof::BasicNamed(&id, &secret, &other)] {
        let refused = grant(&app, proof, None).await;
        assert_eq!((refused.status.as_u16(), &refused.body["error"]), (400, &json!("invalid_request")));
        assert_eq!(refused.header("cache-control"), "no-store");
    }
    for proof in [Proof::Basic(&id, "wrong"), Proof::Post(&id, "wrong"), Proof::Basic(&other, &secret)] {
        let refused = grant(&app, proof, None).await;
        assert_eq!((refused.status.as_u16(), &refused.body["error"]), (401, &json!("invalid_client")));
        assert_eq!(refused.header("www-authenticate"), "Basic realm=\"meridian\"");
    }
});

#[tokio::test]
async fn a_token_can_be_asked_for_with_less_but_not_with_more() {
    let app = App::start(Store::Sqlite).await;
    let (id, secret) = credentials(&app, "partner");
    let proof = Proof::Basic(&id, &secret);
    let less = grant(&app, proof, Some("meetings:read")).await;
    assert_eq!(less.body["scope"], "meetings:read");
    let seen = viewer(&app, less.body["access_token"].as_str().unwrap()).await;
    assert_eq!(seen.body["data"]["viewer"]["scopes"], json!(["meetings:read"]));
    for more in ["routing:manage", "meetings:read routing:manage", "everything"] {
        let refused = grant(&app, proof, Some(more)).await;
        assert_eq!((refused.status.as_u16(), &refused.body["error"]), (400, &json!("invalid_scope")), "{more}");
    }
}

/// A token of a persona, taken apart and put together by somebody who has stolen the instance's key.
struct Forgery {
    header: Header,
    claims: Value,
    key: EncodingKey,
    genuine: String,
}

impl Forgery {
    async fn of(app: &App, persona: &str) -> Self {
        let key = DataDir::open(app.folder(), false).unwrap().secret_key(|| [0; 32]).unwrap();
        let keys = signing_keys(&app.database, &Sealer::new(&key, || [0; 24])).await.unwrap();
        let genuine = app.as_persona(persona).token().await;
        let header = jsonwebtoken::decode_header(&genuine).unwrap();
        let claims = decode(genuine.split('.').nth(1).unwrap());
        Self { header, claims, key: EncodingKey::from_ed_der(&keys[0].pkcs8), genuine }
    }

    fn sign(&self, change: impl FnOnce(&mut Header, &mut Value)) -> String {
        let (mut header, mut claims) = (self.header.clone(), self.claims.clone());
        change(&mut header, &mut claims);
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }

    /// The genuine token with one of its three parts replaced.
    fn with_part(&self, place: usize, part: &str) -> String {
        let mut parts: Vec<&str> = self.genuine.split('.').collect();
        parts[place] = part;
        parts.join(".")
    }
}

fn decode(part: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn encode(part: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(part.to_string())
}

/// What a token outside the rules is answered with.
async fn forgeries(app: &App) -> Vec<(&'static str, String)> {
    let forgery = Forgery::of(app, "partner").await;
    let mut greedy = forgery.claims.clone();
    greedy["scope"] = json!("routing:manage");
    let admin = Forgery::of(app, "admin").await.genuine;
    let none = encode(&json!({"typ": "at+jwt", "alg": "none", "kid": forgery.header.kid}));
    let unsigned = format!("{none}.{}.", encode(&greedy));
    let symmetric = Header { alg: Algorithm::HS256, ..forgery.header.clone() };
    let key = EncodingKey::from_secret(forgery.header.kid.as_ref().unwrap().as_bytes());
    let symmetric = jsonwebtoken::encode(&symmetric, &greedy, &key).unwrap();
    let ago = |claims: &Value, seconds: i64| json!(claims["iat"].as_i64().unwrap() - seconds);
    vec![
        ("as it was issued", forgery.sign(|_, _| {})),
        ("over since a minute", forgery.sign(|_, claims| claims["exp"] = ago(claims, 60))),
        ("over since 1970", forgery.sign(|_, claims| claims["exp"] = json!(0))),
        ("without an end", forgery.sign(|_, claims| drop(claims.as_object_mut().unwrap().remove("exp")))),
        ("of another issuer", forgery.sign(|_, claims| claims["iss"] = json!("http://elsewhere.test"))),
        ("for another audience", forgery.sign(|_, claims| claims["aud"] = json!("http://elsewhere.test"))),
        ("without an issuer", forgery.sign(|_, claims| drop(claims.as_object_mut().unwrap().remove("iss")))),
        ("without an audience", forgery.sign(|_, claims| drop(claims.as_object_mut().unwrap().remove("aud")))),
        ("with a scope that there is not", forgery.sign(|_, claims| claims["scope"] = json!("everything"))),
        ("without a subject", forgery.sign(|_, claims| drop(claims.as_object_mut().unwrap().remove("sub")))),
        ("about another subject", forgery.sign(|_, claims| claims["sub"] = json!("cli_01jd3v00000000000000000000"))),
        ("without an id", forgery.sign(|_, claims| drop(claims.as_object_mut().unwrap().remove("jti")))),
        ("without a client", forgery.sign(|_, claims| drop(claims.as_object_mut().unwrap().remove("client_id")))),
        ("without a scope", forgery.sign(|_, claims| drop(claims.as_object_mut().unwrap().remove("scope")))),
        ("from tomorrow", forgery.sign(|_, claims| claims["iat"] = ago(claims, -86_400))),
        ("of the type in full", forgery.sign(|header, _| header.typ = Some("application/at+jwt".to_owned()))),
        ("of another type", forgery.sign(|header, _| header.typ = Some("JWT".to_owned()))),
        ("under an unknown key", forgery.sign(|header, _| header.kid = Some("other".to_owned()))),
        ("under no key", forgery.sign(|header, _| header.kid = None)),
        ("with other claims", forgery.with_part(1, &encode(&greedy))),
        ("with another's claims", forgery.with_part(1, admin.split('.').nth(1).unwrap())),
        ("with another's signature", forgery.with_part(2, admin.split('.').nth(2).unwrap())),
        ("without a signature", forgery.with_part(2, "")),
        ("alg none", unsigned),
        ("alg HS256 under the key's name", symmetric),
    ]
}

#[tokio::test]
async fn a_token_is_taken_as_it_was_issued_or_not_at_all() {
    let app = App::start(Store::Sqlite).await;
    let mut table = String::new();
    for (name, token) in forgeries(&app).await {
        let reply = viewer(&app, &token).await;
        let code = reply.body["errors"][0]["extensions"]["code"].as_str().unwrap_or("-");
        writeln!(table, "{name}: {} {code} {}", reply.status.as_u16(), reply.header("www-authenticate")).unwrap();
    }
    let strangers = app.http.post(format!("{}/graphql", app.url)).json(&json!({"query": "{ viewer { clientId } }"}));
    let reply = Reply::read(strangers.send().await.unwrap()).await.unwrap();
    writeln!(table, "none at all: {} {}", reply.status.as_u16(), reply.header("www-authenticate")).unwrap();
    insta::assert_snapshot!(table);
}

/// What RFC 6749 §5.2 calls each way of asking wrongly.
#[tokio::test]
async fn a_request_that_cannot_be_granted_is_told_why() {
    let app = App::start(Store::Sqlite).await;
    let (id, secret) = credentials(&app, "partner");
    let who = format!("client_id={id}&client_secret={secret}");
    let mut table = String::new();
    for (name, body) in [
        ("nothing", String::new()),
        ("no grant type", who.clone()),
        ("an empty grant type", format!("grant_type=&{who}")),
        ("a grant type twice", format!("grant_type=client_credentials&grant_type=client_credentials&{who}")),
        ("a client twice", format!("grant_type=client_credentials&{who}&client_id={id}")),
        ("an unknown grant type", format!("grant_type=password&{who}")),
        ("nobody", "grant_type=client_credentials".to_owned()),
        ("a client without a proof", format!("grant_type=client_credentials&client_id={id}")),
        ("a client of no form", format!("grant_type=client_credentials&client_id=x&client_secret={secret}")),
        ("a scope of somebody else", format!("grant_type=client_credentials&scope=routing:manage&{who}")),
        ("an empty scope", format!("grant_type=client_credentials&scope=&{who}")),
        ("a field that means nothing here", format!("grant_type=client_credentials&audience=x&{who}")),
    ] {
        let request = app.http.post(format!("{}/oauth/token", app.url)).body(body);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let reply = Reply::read(request.send().await.unwrap()).await.unwrap();
        assert_eq!(reply.header("cache-control"), "no-store", "{name}");
        writeln!(table, "{name}: {} {}", reply.status.as_u16(), reply.body["error"].as_str().unwrap_or("-")).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn a_token_of_another_instance_is_none() {
    let (here, elsewhere) = (App::start(Store::Sqlite).await, App::start(Store::Sqlite).await);
    let token = elsewhere.as_persona("admin").token().await;
    assert_eq!(viewer(&elsewhere, &token).await.status, 200);
    assert_eq!(viewer(&here, &token).await.status, 401);
}

both_stores!(a_token_outlives_a_restart, async |mut app: App| {
    let token = app.as_persona("partner").token().await;
    app.restart().await;
    assert_eq!(viewer(&app, &token).await.status, 200, "the instance's keys are in its store");
});

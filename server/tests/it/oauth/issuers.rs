//! Tokens of another issuer: a company's own identity provider, with real keys, on a port of its own.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::visitor::member;
use crate::listener::Listener;
use crate::support::{App, Reply, Store, Wishes, wait_until};

/// An identity provider: its metadata, its keys, and the tokens that it signs.
struct Issuer {
    url: String,
    keys: Arc<Mutex<Vec<Value>>>,
    /// How often its keys were asked for.
    asked: Arc<AtomicU64>,
    serving: tokio::task::JoinHandle<()>,
}

struct Key {
    kid: &'static str,
    pair: KeyPair,
}

impl Key {
    fn new(kid: &'static str) -> Self {
        Self { kid, pair: KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap() }
    }

    fn public(&self) -> Value {
        // An uncompressed point: 4, x, y (SEC 1 §2.3.3).
        let point = self.pair.public_key_raw();
        json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": self.kid,
            "x": base64url(&point[1..33]), "y": base64url(&point[33..])})
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.to_owned()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_ec_der(self.pair.serialized_der())).unwrap()
    }
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Issuer {
    async fn start(keys: &[&Key]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let keys = Arc::new(Mutex::new(keys.iter().map(|key| key.public()).collect::<Vec<_>>()));
        let asked = Arc::new(AtomicU64::new(0));
        let (issuer, published, count) = (url.clone(), Arc::clone(&keys), Arc::clone(&asked));
        let serving = tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut bytes = [0; 4096];
                let read = socket.read(&mut bytes).await.unwrap_or_default();
                let body = match std::str::from_utf8(&bytes[..read]).unwrap().split(' ').nth(1) {
                    Some("/.well-known/openid-configuration") => {
                        json!({"issuer": issuer, "jwks_uri": format!("{issuer}/keys")}).to_string()
                    }
                    Some("/keys") => {
                        count.fetch_add(1, Ordering::Relaxed);
                        // A kind that nobody here knows does not spoil the others.
                        let strange = json!({"kty": "XYZ", "kid": "strange"});
                        let all: Vec<_> = [strange].into_iter().chain(published.lock().unwrap().clone()).collect();
                        json!({"keys": all}).to_string()
                    }
                    _ => String::new(),
                };
                let length = body.len();
                let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
                // Whoever asked may have hung up.
                let _ = socket.write_all(text.as_bytes()).await;
            }
        });
        Self { url, keys, asked, serving }
    }

    /// What its tokens say about Ada.
    fn claims(&self, more: Value) -> Value {
        let now = jsonwebtoken::get_current_timestamp();
        let mut claims = json!({"iss": self.url, "sub": "ada", "aud": ["meridian"], "iat": now, "exp": now + 600,
            "email": "ada@acme.example", "email_verified": true, "scope": "openid meetings:read contacts:read"});
        let Value::Object(more) = more else { panic!("claims are fields: {more}") };
        claims.as_object_mut().unwrap().extend(more);
        claims
    }
}

fn trust(app: &App, command: &str, url: &str, more: &[&str]) -> Value {
    let workspace = app.manifest.workspaces["acme"].id.to_string();
    let arguments = ["issuer", command, "--workspace", &workspace, "--url", url, "--audience", "meridian"];
    app.meridian(&[arguments.as_slice(), more].concat(), "")
}

const SCOPES: [&str; 2] = ["--scopes", "meetings:read events:subscribe contacts:read"];

async fn ask(app: &App, token: &str) -> Reply {
    let body = json!({"query": "{ viewer { scopes member { email } workspace { id } } }"});
    let request = app.http.post(format!("{}/graphql", app.url)).json(&body).bearer_auth(token);
    Reply::read(request.send().await.unwrap()).await.unwrap()
}

both_stores!(a_member_comes_with_a_token_of_their_own_company, async |app: App| {
    let key = Key::new("one");
    let issuer = Issuer::start(&[&key]).await;
    trust(&app, "trust", &issuer.url, &SCOPES);
    member(&app, "acme", "ada@acme.example", "meetings:read routing:manage");
    let seen = ask(&app, &key.sign(&issuer.claims(json!({})))).await;
    // What the token names, the issuer may and the member may: one scope is left.
    let workspace = app.manifest.workspaces["acme"].id.to_string();
    assert_eq!(
        seen.body["data"]["viewer"],
        json!({"scopes": ["meetings:read"], "member": {"email": "ada@acme.example"}, "workspace": {"id": workspace}}),
        "{}",
        seen.text
    );
    let list = key.sign(&issuer.claims(json!({"aud": "meridian", "scope": ["meetings:read", "routing:manage"]})));
    assert_eq!(ask(&app, &list).await.body["data"]["viewer"]["scopes"], json!(["meetings:read"]));
});

both_stores!(a_token_that_is_not_for_us_is_worth_nothing, async |app: App| {
    let (key, stranger) = (Key::new("one"), Key::new("one"));
    let issuer = Issuer::start(&[&key]).await;
    let nobody = Issuer::start(&[&stranger]).await;
    trust(&app, "trust", &issuer.url, &SCOPES);
    member(&app, "acme", "ada@acme.example", "meetings:read");
    member(&app, "globex", "ada@globex.example", "meetings:read");
    assert_eq!(ask(&app, &key.sign(&issuer.claims(json!({})))).await.status, 200, "the proof that the others might");
    let now = jsonwebtoken::get_current_timestamp();
    let sign = |more: Value| key.sign(&issuer.claims(more));
    let jwk = key.public().to_string();
    let confused = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::HS256) };
    let confused =
        jsonwebtoken::encode(&confused, &issuer.claims(json!({})), &EncodingKey::from_secret(jwk.as_bytes()));
    let good = sign(json!({}));
    let (head, rest) = good.split_once('.').unwrap();
    let (body, _) = rest.split_once('.').unwrap();
    let unsigned = base64url(br#"{"alg":"none","kid":"one"}"#);
    let bad = [
        ("another audience", sign(json!({"aud": "somebody-else"}))),
        ("an address that nobody verified", sign(json!({"email_verified": false}))),
        ("no member", sign(json!({"email": "nobody@acme.example"}))),
        ("a member of another company", sign(json!({"email": "ada@globex.example"}))),
        ("over", sign(json!({"exp": now - 60}))),
        ("not begun", sign(json!({"nbf": now + 600}))),
        ("another key under the same name", stranger.sign(&issuer.claims(json!({})))),
        ("an issuer that nobody trusts", stranger.sign(&nobody.claims(json!({})))),
        ("us", sign(json!({"iss": "http://meridian.test"}))),
        ("the public key as a secret", confused.unwrap()),
        ("no signature", format!("{unsigned}.{body}.")),
        ("half a token", format!("{head}.{body}.")),
    ];
    for (what, token) in bad {
        let reply = ask(&app, &token).await;
        assert_eq!((reply.status.as_u16(), &reply.body["data"]), (401, &Value::Null), "{what}: {}", reply.text);
    }
    assert_eq!(nobody.asked.load(Ordering::Relaxed), 0, "a stranger's issuer is not asked for anything");
});

both_stores!(keys_rotate_and_nobody_makes_us_ask_too_often, async |app: App| {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let issuer = Issuer::start(&[&old]).await;
    trust(&app, "trust", &issuer.url, &SCOPES);
    member(&app, "acme", "ada@acme.example", "meetings:read");
    let claims = |count: i32| issuer.claims(json!({"jti": count}));
    assert_eq!(ask(&app, &old.sign(&claims(0))).await.status, 200);
    let begun = Instant::now();
    for count in 0..40 {
        let made_up = Key::new("made-up");
        assert_eq!(ask(&app, &made_up.sign(&claims(count))).await.status, 401);
    }
    let most = 2 + begun.elapsed().as_secs() / 5;
    assert!(issuer.asked.load(Ordering::Relaxed) <= most, "asked {} times", issuer.asked.load(Ordering::Relaxed));

    issuer.keys.lock().unwrap().push(new.public());
    let token = new.sign(&claims(50));
    wait_until("the new key is known", async || ask(&app, &token).await.status == 200).await;
    // What is known holds while the issuer is away.
    issuer.serving.abort();
    for key in [&old, &new] {
        assert_eq!(ask(&app, &key.sign(&claims(60))).await.status, 200);
    }
});

both_stores!(trust_that_ends_ends_what_stands_on_it, async |app: App| {
    let key = Key::new("one");
    let issuer = Issuer::start(&[&key]).await;
    trust(&app, "trust", &issuer.url, &SCOPES);
    member(&app, "acme", "ada@acme.example", "meetings:read events:subscribe");
    let token = key.sign(&issuer.claims(json!({"scope": "events:subscribe"})));
    let stream = "subscription { meetingBooked { id } }";
    let listener = Listener::follow_at(&app.url, &token, &[(stream, json!({}))]).await;
    assert_eq!(ask(&app, &token).await.status, 200);
    trust(&app, "distrust", &issuer.url, &[]);
    let begun = Instant::now();
    wait_until("the token is refused", async || ask(&app, &token).await.status == 401).await;
    assert_eq!(listener.closed().await.0, 4403);
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
});

/// An issuer inside our own network is not asked, though somebody trusts it.
async fn check_inside(store: Store) {
    let environment = vec![("MERIDIAN_WEBHOOKS_ALLOW_PRIVATE", "false".to_owned())];
    let app = App::start_with(store, Wishes { environment, ..Wishes::default() }).await;
    let key = Key::new("one");
    let issuer = Issuer::start(&[&key]).await;
    trust(&app, "trust", &issuer.url, &SCOPES);
    member(&app, "acme", "ada@acme.example", "meetings:read");
    let reply = ask(&app, &key.sign(&issuer.claims(json!({})))).await;
    assert_eq!((reply.status.as_u16(), &reply.body["data"]), (503, &Value::Null), "{}", reply.text);
    assert_eq!(issuer.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_issuer_inside_our_own_network_is_not_asked_on_sqlite() {
    check_inside(Store::Sqlite).await;
}

#[tokio::test]
async fn an_issuer_inside_our_own_network_is_not_asked_on_postgres() {
    check_inside(Store::Postgres).await;
}

//! `private_key_jwt` (RFC 7523): a client that signs, and everybody who only seems to.

use std::fmt::Write as _;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519};
use serde_json::{Value, json};

use super::viewer;
use crate::support::{App, Reply, Store};

/// A client that signs, registered by the command line.
pub struct Signer {
    pub id: String,
    /// Its private key (RFC 5958).
    pub pkcs8: Vec<u8>,
    key: EncodingKey,
    algorithm: Algorithm,
}

impl Signer {
    /// On P-256, as most libraries do it.
    pub fn register(app: &App, scopes: &str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        // An uncompressed point: 4, x, y (SEC 1 §2.3.3).
        let point = pair.public_key_raw();
        let jwk = json!({"kty": "EC", "crv": "P-256", "x": base64url(&point[1..33]), "y": base64url(&point[33..])});
        let key = EncodingKey::from_ec_der(pair.serialized_der());
        Self::with(app, (scopes, &jwk), (key, Algorithm::ES256), pair.serialize_der())
    }

    fn on_ed25519(app: &App, scopes: &str) -> Self {
        let pair = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key_raw())});
        let key = EncodingKey::from_ed_der(pair.serialized_der());
        Self::with(app, (scopes, &jwk), (key, Algorithm::EdDSA), pair.serialize_der())
    }

    fn with(
        app: &App,
        (scopes, jwk): (&str, &Value),
        (key, algorithm): (EncodingKey, Algorithm),
        pkcs8: Vec<u8>,
    ) -> Self {
        let file = app.folder().join("client.jwks.json");
        std::fs::write(&file, json!({"keys": [jwk]}).to_string()).unwrap();
        let workspace = app.manifest.workspaces["acme"].id.to_string();
        let file = file.display().to_string();
        let arguments = ["client", "create", "--workspace", &workspace, "--name", "signer", "--scopes", scopes];
        let made = app.meridian(&[arguments.as_slice(), &["--jwks", &file]].concat(), "");
        assert!(made.get("client_secret").is_none(), "{made}");
        Self { id: made["client_id"].as_str().unwrap().to_owned(), pkcs8, key, algorithm }
    }

    /// What it would sign now.
    fn claims(&self, jti: &str) -> Value {
        let now = jsonwebtoken::get_current_timestamp();
        json!({"iss": self.id, "sub": self.id, "aud": "http://meridian.test", "iat": now, "exp": now + 60, "jti": jti})
    }

    fn sign(&self, claims: &Value) -> String {
        jsonwebtoken::encode(&Header::new(self.algorithm), claims, &self.key).unwrap()
    }
}

fn base64url(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async fn grant(app: &App, assertion: &str) -> Reply {
    let form = [("grant_type", "client_credentials"), ("client_assertion_type", TYPE), ("client_assertion", assertion)];
    Reply::read(app.http.post(format!("{}/oauth/token", app.url)).form(&form).send().await.unwrap()).await.unwrap()
}

both_stores!(a_signed_assertion_is_good_for_one_token, async |mut app: App| {
    for signer in [Signer::register(&app, "meetings:read"), Signer::on_ed25519(&app, "meetings:read")] {
        let assertion = signer.sign(&signer.claims("first"));
        let granted = grant(&app, &assertion).await;
        assert_eq!(granted.status, 200, "{}", granted.text);
        let seen = viewer(&app, granted.body["access_token"].as_str().unwrap()).await;
        assert_eq!(seen.body["data"]["viewer"]["clientId"], signer.id);
        // Whoever reads it on the way has nothing of it, at another server neither.
        app.url = app.another_api().await;
        let again = grant(&app, &assertion).await;
        assert_eq!((again.status.as_u16(), &again.body["error"]), (401, &json!("invalid_client")));
        // Another client may use the same id.
        assert_eq!(grant(&app, &signer.sign(&signer.claims("second"))).await.status, 200);
    }
});

both_stores!(of_many_that_show_one_assertion_at_once_one_is_let_in, async |app: App| {
    let signer = Signer::register(&app, "meetings:read");
    let assertion = signer.sign(&signer.claims("once"));
    let all = futures_util::future::join_all((0..8).map(|_| grant(&app, &assertion))).await;
    assert_eq!(all.iter().filter(|reply| reply.status == 200).count(), 1);
});

#[tokio::test]
async fn an_assertion_outside_the_rules_proves_nothing() {
    let app = App::start(Store::Sqlite).await;
    let (signer, other) = (Signer::register(&app, "meetings:read"), Signer::register(&app, "meetings:read"));
    let changed = |name: &str, value: Value| {
        let mut claims = signer.claims(&format!("{name}={value}"));
        claims[name] = value;
        signer.sign(&claims)
    };
    let without = |name: &str| {
        let mut claims = signer.claims(&format!("without {name}"));
        claims.as_object_mut().unwrap().remove(name);
        signer.sign(&claims)
    };
    let now = jsonwebtoken::get_current_timestamp();
    let symmetric = EncodingKey::from_secret(b"public");
    let mut table = String::new();
    for (name, assertion) in [
        ("for the issuer", signer.sign(&signer.claims("plain"))),
        ("for the token endpoint", changed("aud", json!("http://meridian.test/oauth/token"))),
        ("for several, us among them", changed("aud", json!(["http://elsewhere.test", "http://meridian.test"]))),
        ("for somebody else", changed("aud", json!("http://elsewhere.test"))),
        ("over since a minute", changed("exp", json!(now - 60))),
        ("good for a day", changed("exp", json!(now + 86_400))),
        ("not good yet", changed("nbf", json!(now + 60))),
        ("by another issuer", changed("iss", json!(other.id))),
        ("about another client", changed("sub", json!(other.id))),
        ("about nobody", changed("sub", json!("nobody"))),
        ("with an empty id", changed("jti", json!(""))),
        ("without an id", without("jti")),
        ("without an end", without("exp")),
        ("without an audience", without("aud")),
        ("signed by another", other.sign(&signer.claims("stolen"))),
        ("alg HS256", jsonwebtoken::encode(&Header::new(Algorithm::HS256), &signer.claims("hs"), &symmetric).unwrap()),
        ("not a token", "abc".to_owned()),
    ] {
        let reply = grant(&app, &assertion).await;
        writeln!(table, "{name}: {} {}", reply.status.as_u16(), reply.body["error"].as_str().unwrap_or("-")).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn a_client_cannot_choose_how_it_proves_itself() {
    let app = App::start(Store::Sqlite).await;
    let signer = Signer::register(&app, "meetings:read");
    let form = [("grant_type", "client_credentials"), ("client_id", &signer.id), ("client_secret", "")];
    for secret in ["", "x"] {
        let mut form = form;
        form[2].1 = secret;
        let request = app.http.post(format!("{}/oauth/token", app.url)).form(&form);
        let reply = Reply::read(request.send().await.unwrap()).await.unwrap();
        assert_eq!((reply.status.as_u16(), &reply.body["error"]), (401, &json!("invalid_client")), "{secret}");
    }
}

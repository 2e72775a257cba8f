//! `POST /hooks/{connection}`: what is taken, once, and what is refused, under both signature schemes.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::{App, Reply, Store};
use crate::target::form;

mod batch;
mod flood;
mod health;
mod quarantine;
mod refusals;
mod rotation;
mod storm;
mod vendors;

/// A signed delivery that a test may damage before it is sent.
#[derive(Clone)]
struct Delivery {
    url: String,
    /// Names of the three headers are those of a scheme.
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// Who signs how.
#[derive(Clone, Copy)]
enum Scheme {
    /// Hex over `{timestamp}.{body}`.
    Cl,
    /// Base64 over `{id}.{timestamp}.{body}`.
    Standard,
}

const SCHEMES: [Scheme; 2] = [Scheme::Cl, Scheme::Standard];

impl Scheme {
    /// Names of id, timestamp and signature.
    fn headers(self) -> [&'static str; 3] {
        match self {
            Self::Cl => ["x-cl-delivery-id", "x-cl-timestamp", "x-cl-signature"],
            Self::Standard => ["webhook-id", "webhook-timestamp", "webhook-signature"],
        }
    }

    fn sign(self, secret: &str, id: &str, timestamp: i64, body: &[u8]) -> String {
        let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        if let Self::Standard = self {
            mac.update(format!("{id}.").as_bytes());
        }
        mac.update(format!("{timestamp}.").as_bytes());
        mac.update(body);
        let bytes = mac.finalize().into_bytes();
        match self {
            Self::Cl => format!("sha256={}", hex(&bytes)),
            Self::Standard => format!("v1,{}", BASE64_STANDARD.encode(bytes)),
        }
    }
}

impl Delivery {
    /// A delivery of `body` by Acme's form tool, signed `age` seconds ago.
    fn aged(app: &App, scheme: Scheme, id: &str, body: impl Into<Vec<u8>>, age: i64) -> Self {
        let hooks = &app.manifest.hooks;
        let url = format!("{}/hooks/{}", app.url, hooks.connection_id);
        Self::signed(url, &hooks.signing_secret, scheme, id, body, now() - age)
    }

    /// One that was signed now.
    fn new(app: &App, scheme: Scheme, id: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::aged(app, scheme, id, body, 0)
    }

    fn signed(url: String, secret: &str, scheme: Scheme, id: &str, body: impl Into<Vec<u8>>, at: i64) -> Self {
        let body = body.into();
        let signature = scheme.sign(secret, id, at, &body);
        let values = [id.to_owned(), at.to_string(), signature];
        Self { url, headers: scheme.headers().into_iter().zip(values).collect(), body }
    }

    /// Changes the value of the `place`-th header: id, timestamp, signature.
    fn change(mut self, place: usize, change: impl FnOnce(&str) -> String) -> Self {
        self.headers[place].1 = change(&self.headers[place].1);
        self
    }

    fn without(mut self, place: usize) -> Self {
        self.headers.remove(place);
        self
    }

    /// Ready to be sent.
    fn request(&self, app: &App) -> reqwest::RequestBuilder {
        let request = app.http.post(&self.url).header("content-type", "application/json").body(self.body.clone());
        self.headers.iter().fold(request, |request, (name, value)| request.header(*name, value))
    }

    async fn send(&self, app: &App) -> Reply {
        Reply::read(self.request(app).send().await.unwrap()).await.unwrap()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

fn now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "a form tool signs with its own clock")]
    let now = chrono::Utc::now();
    now.timestamp()
}

/// A form of somebody whose address has this local part.
fn form_of(name: &str) -> Vec<u8> {
    let mut form = form();
    form["contact"] = json!({"email": format!("{name}@forms.example"), "country": "GB"});
    form.to_string().into_bytes()
}

/// The same person's form with one member of it changed.
fn changed(pointer: &str, value: Value) -> Vec<u8> {
    let mut form = form();
    match pointer.rsplit_once('/') {
        Some((parent, key)) => form.pointer_mut(parent).unwrap()[key] = value,
        None => form = value,
    }
    form.to_string().into_bytes()
}

/// How often the pipeline has run: one `form_submit` activity for each contact, one routing decision for each run.
async fn runs(app: &App) -> usize {
    app.settled().await;
    let document = "{ contacts(first: 50) { nodes { activities { kind } } } }";
    let data = app.as_persona("admin").gql(document, json!({})).await;
    let contacts = data["contacts"]["nodes"].as_array().unwrap().clone();
    let submitted = |contact: &Value| {
        contact["activities"].as_array().unwrap().iter().filter(|activity| activity["kind"] == "form_submit").count()
    };
    contacts.iter().map(submitted).sum()
}

both_stores!(an_authentic_delivery_is_taken_once, async |app: App| {
    for (number, scheme) in SCHEMES.into_iter().enumerate() {
        let name = format!("once-{number}");
        let first = Delivery::new(&app, scheme, &name, form_of(&name));
        let taken = first.send(&app).await;
        assert_eq!((taken.status.as_u16(), &taken.body["duplicate"]), (202, &json!(false)), "{}", taken.text);
        assert_eq!(taken.body["correlationId"], taken.header("x-correlation-id"));

        let again = first.send(&app).await;
        let signed_anew = Delivery::aged(&app, scheme, &name, form_of(&name), 5).send(&app).await;
        for duplicate in [again, signed_anew] {
            assert_eq!(duplicate.status, 202, "{}", duplicate.text);
            assert_eq!(duplicate.body["duplicate"], true);
            assert_eq!(duplicate.body["submission"], taken.body["submission"], "the sender learns of the first");
        }
    }
    // This scheme does not sign the id, so the same signature under another id is the same delivery.
    let captured = Delivery::new(&app, Scheme::Cl, "captured", form_of("captured"));
    let taken = captured.send(&app).await;
    let replayed = captured.change(0, |_| "another".to_owned()).send(&app).await;
    assert_eq!((replayed.status.as_u16(), &replayed.body["duplicate"]), (202, &json!(true)), "{}", replayed.text);
    assert_eq!(replayed.body["submission"], taken.body["submission"]);
    assert_eq!(runs(&app).await, 3);
});

both_stores!(ten_at_once_are_one, async |app: App| {
    let delivery = Delivery::new(&app, Scheme::Standard, "ten", form_of("ten"));
    let replies = futures_util::future::join_all((0..10).map(|_| delivery.send(&app))).await;
    let new = replies.iter().filter(|reply| reply.body["duplicate"] == false).count();
    assert!(replies.iter().all(|reply| reply.status == 202), "{replies:?}");
    assert!(replies.iter().all(|reply| reply.body["submission"] == replies[0].body["submission"]));
    assert_eq!((new, runs(&app).await), (1, 1));
});

#[tokio::test]
async fn what_was_delivered_can_be_asked_for_by_its_delivery_id() {
    let app = App::start(Store::Sqlite).await;
    Delivery::new(&app, Scheme::Cl, "asked-for", form_of("asked")).send(&app).await;
    app.settled().await;
    let query = "query ($connection: ID!) { submission(connectionId: $connection, deliveryId: \"asked-for\") {
        state owner { name } slots { startsAt }
    } }";
    let variables = json!({"connection": app.manifest.hooks.connection_id});
    let found = app.as_persona("anonymous").gql(query, variables).await["submission"].take();
    assert_eq!(found["state"], "PROCESSED");
    assert!(found["owner"]["name"].is_string() && found["slots"][0]["startsAt"].is_string(), "{found}");
}

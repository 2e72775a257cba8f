//! Vendors' webhooks: each through a connection that an operator made, signed as the vendor signs
//! (`domain/src/webhooks/signature/vendors.json` holds what their own libraries make of the same formulas).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Delivery, hex, now};
use crate::support::{App, Reply};

/// How the world reaches the server, as the test's configuration says; what HubSpot signs.
const PUBLIC_URL: &str = "http://meridian.test";

/// A connection that an operator has made.
struct Vendor {
    provider: &'static str,
    path: String,
    secret: String,
}

impl Vendor {
    fn connect(app: &App, provider: &'static str) -> Self {
        // What the vendor draws; HubSpot's comes behind a token for its API.
        let theirs = format!("{provider}-secret-0123456789abcdef");
        let input = if provider == "hubspot" { format!("token\n{theirs}\n") } else { format!("{theirs}\n") };
        let acme = app.manifest.workspaces["acme"].id.to_string();
        let arguments = ["connection", "create", "--workspace", &acme, "--provider", provider, "--name", provider];
        let made = app.meridian(&arguments, &input);
        let secret = made["signing_secret"].as_str().map_or(theirs, str::to_owned);
        Self { provider, path: made["path"].as_str().unwrap().to_owned(), secret }
    }

    fn connection(&self) -> &str {
        self.path.strip_prefix("/hooks/").unwrap()
    }

    fn hmac(&self, text: &str) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }

    /// A delivery of this body as the vendor sends it now.
    fn sends(&self, app: &App, body: &str) -> Delivery {
        self.sends_to(app, "", body)
    }

    fn sends_to(&self, app: &App, query: &str, body: &str) -> Delivery {
        let at = now();
        let headers = match self.provider {
            "stripe" => {
                let mac = hex(&self.hmac(&format!("{at}.{body}")));
                vec![("stripe-signature", format!("t={at},v1={mac},v0=00"))]
            }
            "slack" | "zoom" => {
                let [time, signature] = match self.provider {
                    "slack" => ["x-slack-request-timestamp", "x-slack-signature"],
                    _ => ["x-zm-request-timestamp", "x-zm-signature"],
                };
                let mac = hex(&self.hmac(&format!("v0:{at}:{body}")));
                vec![(signature, format!("v0={mac}")), (time, at.to_string())]
            }
            "hubspot" => {
                let millis = at * 1000;
                let mac = self.hmac(&format!("POST{PUBLIC_URL}{}{query}{body}{millis}", self.path));
                let signature = ("x-hubspot-signature-v3", BASE64_STANDARD.encode(mac));
                vec![signature, ("x-hubspot-request-timestamp", millis.to_string())]
            }
            "salesforce" => {
                vec![("authorization", format!("Bearer {}", self.secret)), ("webhook-id", "flow-1".to_owned())]
            }
            "google" => vec![
                ("x-goog-channel-token", self.secret.clone()),
                ("x-goog-channel-id", "channel-1".to_owned()),
                ("x-goog-message-number", "7".to_owned()),
                ("x-goog-resource-state", "exists".to_owned()),
            ],
            _ => Vec::new(),
        };
        Delivery { url: format!("{}{}{query}", app.url, self.path), headers, body: body.as_bytes().to_vec() }
    }

    /// Something that the vendor might tell.
    fn tells(&self) -> String {
        match self.provider {
            "stripe" => json!({"id": "evt_1", "type": "checkout.session.completed"}).to_string(),
            "slack" => json!({"type": "event_callback", "event_id": "Ev1", "event": {"text": "grüße"}}).to_string(),
            "zoom" => json!({"event": "meeting.ended", "payload": {"object": {"id": "1"}}}).to_string(),
            "hubspot" => {
                json!([{"eventId": 1, "subscriptionId": 2, "portalId": 3, "occurredAt": 5, "objectId": 6}]).to_string()
            }
            "salesforce" => json!({"opportunity": "006"}).to_string(),
            "microsoft" => json!({"value": [{"clientState": self.secret, "resource": "me/events/1"}]}).to_string(),
            _ => String::new(),
        }
    }

    /// What the store has of it.
    async fn kept(&self, app: &App) -> Vec<Value> {
        let document = "query ($filter: InboundDeliveryFilterInput) {
            inboundDeliveries(filter: $filter) { nodes { id state deliveryId headers body } } }";
        let filter = json!({"filter": {"connectionId": self.connection(), "state": "RECEIVED"}});
        let mut data = app.as_persona("admin").gql(document, filter).await;
        serde_json::from_value(data["inboundDeliveries"]["nodes"].take()).unwrap()
    }
}

fn said(reply: &Reply) -> (u16, Option<bool>) {
    (reply.status.as_u16(), reply.body["duplicate"].as_bool())
}

both_stores!(each_vendor_s_delivery_is_kept_once, async |app: App| {
    for provider in ["stripe", "slack", "zoom", "hubspot", "salesforce", "google", "microsoft"] {
        let vendor = Vendor::connect(&app, provider);
        let delivery = vendor.sends(&app, &vendor.tells());
        let taken = delivery.send(&app).await;
        assert_eq!(said(&taken), (200, Some(false)), "{provider}: {}", taken.text);
        let again = delivery.send(&app).await;
        // Microsoft gives nothing by which a repetition could be told from a second change.
        let is_known = provider != "microsoft";
        assert_eq!(said(&again), (200, Some(is_known)), "{provider}: {}", again.text);

        let stranger = Vendor { provider, path: vendor.path.clone(), secret: "a-secret-that-nobody-has".to_owned() };
        let refused = stranger.sends(&app, &stranger.tells()).send(&app).await;
        assert_eq!(refused.status, 401, "{provider}: {}", refused.text);

        let kept = vendor.kept(&app).await;
        assert_eq!(kept.len(), if is_known { 1 } else { 2 }, "{provider}: {kept:?}");
        let first = kept.last().unwrap();
        assert_eq!((&first["id"], &first["body"]), (&taken.body["delivery"], &json!(vendor.tells())), "{provider}");
        assert_eq!(
            first["headers"]["x-goog-resource-state"],
            if provider == "google" { "exists".into() } else { Value::Null }
        );
        assert!(!first["headers"].to_string().contains(&vendor.secret), "{provider}: {first}");
    }
});

both_stores!(hubspot_signs_the_public_address_with_its_query, async |app: App| {
    let vendor = Vendor::connect(&app, "hubspot");
    let body = vendor.tells();
    assert_eq!(vendor.sends_to(&app, "?team=north", &body).send(&app).await.status, 200);
    // Who signs for the address that he names in `Host` is not believed.
    let mut forged = vendor.sends(&app, &body);
    let millis = now() * 1000;
    let mac = vendor.hmac(&format!("POST{}{}{body}{millis}", app.url, vendor.path));
    forged.headers = vec![
        ("x-hubspot-signature-v3", BASE64_STANDARD.encode(mac)),
        ("x-hubspot-request-timestamp", millis.to_string()),
    ];
    assert_eq!(forged.send(&app).await.status, 401);
});

both_stores!(vendors_who_ask_whether_somebody_is_there_are_answered, async |app: App| {
    let slack = Vendor::connect(&app, "slack");
    let asked =
        json!({"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"});
    let answer = slack.sends(&app, &asked.to_string()).send(&app).await;
    assert_eq!((answer.status.as_u16(), json!(answer.text)), (200, asked["challenge"].clone()));

    let zoom = Vendor::connect(&app, "zoom");
    let asked = json!({"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}});
    let answer = zoom.sends(&app, &asked.to_string()).send(&app).await;
    let encrypted = hex(&zoom.hmac("qgg8vlvZRS6UYooatFL8Aw"));
    let expected = json!({"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": encrypted});
    assert_eq!((answer.status.as_u16(), answer.body), (200, expected));
    let forged = Vendor { provider: "zoom", path: zoom.path.clone(), secret: "zoom-secret-that-is-none".to_owned() };
    assert_eq!(forged.sends(&app, &asked.to_string()).send(&app).await.status, 401);

    let microsoft = Vendor::connect(&app, "microsoft");
    let token = "?validationToken=Validation%3A+Testing+%3Cscript%3E&other=1";
    let answer = microsoft.sends_to(&app, token, "").send(&app).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, "Validation: Testing &lt;script&gt;"));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let stranger = Vendor { provider: "slack", path: slack.path.clone(), secret: "slack-secret-of-nobody".to_owned() };
    let elsewhere = stranger.sends_to(&app, token, "").send(&app).await;
    assert!(elsewhere.status == 401 && !elsewhere.text.contains("Testing"), "Microsoft asks so, and nobody else");

    for vendor in [slack, zoom, microsoft] {
        assert_eq!(vendor.kept(&app).await, [] as [Value; 0], "{}: a greeting is no event", vendor.provider);
    }
});

both_stores!(a_rotated_secret_is_good_for_a_while, async |app: App| {
    let old = Vendor::connect(&app, "stripe");
    let rotate = |overlap: &str, secret: &str| {
        let arguments = ["connection", "rotate-secret", "--connection", old.connection(), "--overlap-hours", overlap];
        let said = app.meridian(&arguments, secret);
        assert!(said["old_secrets_good_until"].is_string() && !said.to_string().contains(secret), "{said}");
        Vendor { provider: "stripe", path: old.path.clone(), secret: secret.to_owned() }
    };
    let check = async |vendor: &Vendor, event: &str, expected: u16| {
        let body = json!({"id": event}).to_string();
        assert_eq!(vendor.sends(&app, &body).send(&app).await.status, expected, "{event}");
    };
    let new = rotate("24", "stripe-second-0123456789");
    check(&old, "old-beside-new", 200).await;
    check(&new, "new", 200).await;
    let newest = rotate("0", "stripe-third-01234567890");
    check(&newest, "newest", 200).await;
    check(&new, "retired", 401).await;
    check(&old, "retired-long-ago", 401).await;
});

//! A form tool that sends signed webhooks (<https://www.standardwebhooks.com>).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::{App, Reply};

/// The form tool of the first workspace.
#[derive(Clone, Copy)]
pub struct Webhook<'a> {
    app: &'a App,
}

impl<'a> Webhook<'a> {
    pub(super) fn new(app: &'a App) -> Self {
        Self { app }
    }

    /// Where it posts.
    pub fn url(self) -> String {
        format!("{}/hooks/{}", self.app.url, self.app.manifest.hooks.connection_id)
    }

    /// Sends this payload under a delivery id, signed now.
    pub async fn send(self, delivery: &str, payload: &Value) -> Reply {
        self.send_correlated(delivery, payload, None).await
    }

    /// As [`Webhook::send`], with an `X-Correlation-ID`.
    pub async fn send_correlated(self, delivery: &str, payload: &Value, correlation: Option<&str>) -> Reply {
        let body = payload.to_string();
        #[expect(clippy::disallowed_methods, reason = "a form tool signs with its own clock")]
        let sent_at = chrono::Utc::now().timestamp();
        let mut request = self.app.http.post(self.url()).header("content-type", "application/json");
        if let Some(correlation) = correlation {
            request = request.header("x-correlation-id", correlation);
        }
        let signature = self.sign(delivery, sent_at, body.as_bytes());
        let signed = [("webhook-id", delivery.to_owned()), ("webhook-timestamp", sent_at.to_string())];
        for (name, value) in signed.into_iter().chain([("webhook-signature", signature)]) {
            request = request.header(name, value);
        }
        Reply::read(request.body(body).send().await.unwrap()).await.unwrap()
    }

    /// The value of `webhook-signature`.
    pub fn sign(self, delivery: &str, sent_at: i64, body: &[u8]) -> String {
        let secret = self.app.manifest.hooks.signing_secret.strip_prefix("whsec_").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64_STANDARD.decode(secret).unwrap()).unwrap();
        mac.update(format!("{delivery}.{sent_at}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
    }
}

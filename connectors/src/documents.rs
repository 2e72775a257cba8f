//! JSON documents of strangers: metadata and keys of other issuers.
//!
//! The rules are those of webhooks going out: addresses are held against the policy when the connection is opened,
//! proxies and redirects are off, answers are short and quick or none.

use std::time::Duration;

use async_trait::async_trait;
use domain::webhooks::endpoint::AddressPolicy;
use domain::workspaces::Documents;
use reqwest::Client;
use serde_json::Value;

use crate::webhooks::guarded;

/// From the first byte to the last.
const TIMEOUT: Duration = Duration::from_secs(5);
/// A set of a dozen RSA keys with their certificates has under 32 KiB.
const BYTES_MAX: usize = 256 * 1024;

/// Fetches documents over HTTP.
#[derive(Debug)]
pub struct HttpDocuments {
    client: Client,
    policy: AddressPolicy,
}

impl HttpDocuments {
    /// A client that keeps to this policy. Fails when the platform offers no TLS.
    pub fn new(policy: AddressPolicy) -> Result<Self, reqwest::Error> {
        let client = guarded(policy).timeout(TIMEOUT).build()?;
        Ok(Self { client, policy })
    }
}

#[async_trait]
impl Documents for HttpDocuments {
    async fn fetch(&self, url: &str) -> Result<Value, String> {
        let url = self.policy.check_url(url).map_err(|_| "the address may not be called".to_owned())?;
        let answer = self.client.get(url).header("accept", "application/json").send().await;
        let mut answer = answer.map_err(|error| error.without_url().to_string())?;
        if answer.status() != 200 {
            return Err(format!("the answer is {}", answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| error.without_url().to_string())? {
            if body.len() + chunk.len() > BYTES_MAX {
                return Err(format!("the answer is longer than {BYTES_MAX} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|_| "the answer is no JSON".to_owned())
    }
}

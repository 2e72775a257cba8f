//! HubSpot (<https://developers.hubspot.com/docs/api-reference/crm-contacts-v3>).
//!
//! Every record carries our id in a unique property of our own, and every write is a batch upsert of one by that
//! property: HubSpot itself then makes twice the same as once, also when its answer is lost. The e-mail address is
//! deliberately not the key: it changes, and HubSpot's upserts by e-mail are not partial.

mod faults;
mod record;
mod schema;
mod upsert;
mod wire;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Mutex;

use async_trait::async_trait;
use domain::integrations::crm::{Call, Crm, CrmContact, CrmMeeting, CrmTask, ExternalRecord, Fault};
use reqwest::{Method, Url};
use serde_json::Value;

use self::record::{Object, Record};
use crate::http::{Answer, Http};

/// Where HubSpot answers when a connection names no other base URL.
pub const BASE_URL: &str = "https://api.hubapi.com";

/// HubSpot, seen with one account's token.
///
/// Keep it as long as the connection lives: it remembers which properties it found, and asks again in a new process.
pub struct HubSpot {
    http: Http,
    base: Url,
    token: String,
    known: Mutex<BTreeSet<(Object, String)>>,
}

/// A connection's base URL is not an `http(s)` URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the base URL of the HubSpot connection is not an http or https URL")]
pub struct BadBaseUrl;

impl HubSpot {
    /// HubSpot at `base_url`, for the account that `token` (private app or OAuth) belongs to.
    pub fn new(http: Http, base_url: &str, token: String) -> Result<Self, BadBaseUrl> {
        let base = Url::parse(base_url).map_err(|_| BadBaseUrl)?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(BadBaseUrl);
        }
        Ok(Self { http, base, token, known: Mutex::default() })
    }

    /// Sends one request; `path` holds unescaped segments. The answer may have any status.
    async fn ask(&self, call: &Call, request: Request<'_>) -> Result<Answer, Fault> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(request.path);
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        let mut builder = self.http.client().request(request.method, url).bearer_auth(&self.token);
        if let Some(body) = request.body {
            builder = builder.json(body);
        }
        self.http.send(call, builder).await
    }
}

/// One request to HubSpot.
struct Request<'a> {
    method: Method,
    path: &'a [&'a str],
    query: &'a [(&'a str, &'a str)],
    body: Option<&'a Value>,
}

impl<'a> Request<'a> {
    fn new(method: Method, path: &'a [&'a str]) -> Self {
        Self { method, path, query: &[], body: None }
    }

    fn body(self, body: &'a Value) -> Self {
        Self { body: Some(body), ..self }
    }
}

#[async_trait]
impl Crm for HubSpot {
    async fn upsert_contact(&self, call: &Call, contact: &CrmContact) -> Result<ExternalRecord, Fault> {
        let record = Record::of_contact(contact);
        self.ensure_properties(call, &record).await?;
        match (self.upsert(call, &record).await, &contact.email) {
            (Err(refused), Some(email)) if refused.conflict => self.adopt(call, email, &record).await,
            (result, _) => result.map_err(|refused| refused.fault),
        }
    }

    async fn upsert_task(&self, call: &Call, task: &CrmTask) -> Result<ExternalRecord, Fault> {
        self.upsert_about(call, &Record::of_task(task), &task.contact_external_id).await
    }

    async fn upsert_meeting(&self, call: &Call, meeting: &CrmMeeting) -> Result<ExternalRecord, Fault> {
        self.upsert_about(call, &Record::of_meeting(meeting), &meeting.contact_external_id).await
    }
}

impl fmt::Debug for HubSpot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubSpot").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

//! An endpoint: where a partner wants to be told of events, of which ones, and how it is doing.
//!
//! Pure. What may be called is decided in [`AddressPolicy`], what is sent in [`Outgoing`], what an answer means in
//! [`judge`], and what becomes of an endpoint in [`lifecycle`]. The sending is done through the port [`sender`].

mod address;
mod filter;
mod hours;
pub mod lifecycle;
mod message;
mod secrets;
pub mod sender;
mod settings;
mod signing;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use address::{AddressPolicy, AddressRefusal};
pub use filter::{Condition, EndpointFilter};
pub use hours::DeliveryHours;
pub use message::{Judgement, MessageKind, Outgoing, echoes, judge};
pub use secrets::EndpointSecrets;
pub use settings::EndpointSettings;
pub use signing::{SignatureScheme, SigningKey};

use crate::ids::{AttemptId, DeliveryId, EndpointId, EventId};

/// Whether an endpoint is told of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointStatus {
    /// It has not yet proved that it wants them.
    PendingVerification,
    /// It is told.
    Active,
    /// It is not told until somebody enables it.
    Disabled,
}

/// Why an endpoint is disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// Somebody did it.
    ByHand,
    /// It answered 410 Gone.
    Gone,
    /// It failed for too long, by the published rule.
    Failing,
}

/// What happened to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndpointChange {
    /// It was made.
    Created,
    /// Its settings changed.
    Updated,
    /// It is to prove that it wants to be told.
    VerificationRequested,
    /// It proved it.
    Verified,
    /// A test message is to be sent to it.
    TestRequested,
    /// It got a new secret.
    SecretRotated,
    /// The secrets from before the last rotation stop signing soon.
    SecretExpiring,
    /// It keeps failing: the countdown to its end is running.
    Failing,
    /// It was disabled.
    Disabled,
    /// It was enabled again.
    Enabled,
    /// It was deleted.
    Deleted,
}

/// An endpoint, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Where messages are posted.
    pub url: String,
    /// What it is for, in its owner's words.
    pub description: Option<String>,
    /// Of which events it is told.
    pub filter: EndpointFilter,
    /// Names of the custom headers; their values are secrets.
    pub header_names: Vec<String>,
    /// How long it may take to answer, in seconds.
    pub timeout_seconds: i32,
    /// Messages per second at most, from all workers together.
    pub rate_per_second: Option<i32>,
    /// When it wants to be told; `None`: at any time.
    #[serde(default)]
    pub hours: Option<DeliveryHours>,
    /// Whether it is told.
    pub status: EndpointStatus,
    /// Why it is not, when it is disabled.
    pub disabled_reason: Option<DisabledReason>,
    /// When this URL proved that it wants to be told.
    pub verified_at: Option<DateTime<Utc>>,
    /// Failed attempts in a row.
    pub failures: i32,
    /// The first of them.
    pub failing_since: Option<DateTime<Utc>>,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// When its settings or its status changed last.
    pub updated_at: DateTime<Utc>,
    /// Counts those changes.
    pub version: i64,
}

impl Endpoint {
    /// How long it may take to answer.
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(u64::try_from(self.timeout_seconds).unwrap_or(1))
    }
}

/// One attempt to reach an endpoint, as it is kept for its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: AttemptId,
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The delivery that it was an attempt of.
    pub delivery: DeliveryId,
    /// The event that it carried, or that asked for it.
    pub event: EventId,
    /// What was sent.
    pub kind: MessageKind,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub duration_milliseconds: i64,
    /// Whether the endpoint took it.
    pub delivered: bool,
    /// The HTTP status of the answer, if there was one.
    pub status: Option<i32>,
    /// What went wrong, in a sentence.
    pub error: Option<String>,
    /// The headers that were sent, secrets blotted out.
    pub request_headers: Vec<(String, String)>,
    /// The body that was sent, cut.
    pub request_body: String,
    /// The body that came back, cut and with personal data blotted out.
    pub response_body: Option<String>,
}

//! A connection: a workspace's authorised link to a provider.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConnectionId, ContactId};

/// Whose system it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// A form tool that sends signed webhooks to us.
    Webform,
    /// HubSpot CRM.
    HubSpot,
    /// Stripe, for payments.
    Stripe,
    /// Slack.
    Slack,
    /// Zoom.
    Zoom,
    /// Salesforce.
    Salesforce,
    /// Google's calendars.
    Google,
    /// Microsoft's calendars, through Graph.
    Microsoft,
}

/// Whether it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    /// It works.
    Active,
    /// The provider refused our credentials; deliveries are parked until somebody authorises it anew.
    NeedsReauthorisation,
}

/// A link to a provider, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Whose system.
    pub provider: Provider,
    /// Its name for people.
    pub name: String,
    /// The provider's base URL; a sandbox's own server, or the vendor's.
    pub base_url: Option<String>,
    /// Whether it works.
    pub status: ConnectionStatus,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// Which record of a provider stands for an entity of ours, and which version of ours it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityLink {
    /// Through which connection.
    pub connection: ConnectionId,
    /// Our id (contact, task or meeting).
    pub entity: String,
    /// The provider's id.
    pub external_id: String,
    /// Our version that the provider confirmed.
    pub version: i64,
    /// The contact in whose lane it is written.
    pub contact: ContactId,
}

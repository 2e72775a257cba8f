//! Which scheme a connection's webhooks are proven by, and what each scheme answers when an address is confirmed.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    Incoming, SecretError, SignatureError, SigningSecret, Verified, cl, google, graph, hubspot, salesforce, slack,
    standard, stripe, zoom,
};
use crate::integrations::Provider;

/// How a sender proves that a webhook is its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// A form tool's choice: Standard Webhooks, or `X-CL-Signature`.
    Form,
    /// [`stripe`].
    Stripe,
    /// [`slack`].
    Slack,
    /// [`zoom`].
    Zoom,
    /// [`hubspot`].
    HubSpot,
    /// [`salesforce`].
    Salesforce,
    /// [`google`].
    Google,
    /// [`graph`].
    Graph,
}

/// What a vendor wants to read before it sends anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Greeting {
    /// As `text/plain`.
    Text(String),
    /// As JSON.
    Json(Value),
}

impl From<Provider> for Scheme {
    fn from(provider: Provider) -> Self {
        match provider {
            Provider::Webform => Self::Form,
            Provider::HubSpot => Self::HubSpot,
            Provider::Stripe => Self::Stripe,
            Provider::Slack => Self::Slack,
            Provider::Zoom => Self::Zoom,
            Provider::Salesforce => Self::Salesforce,
            Provider::Google => Self::Google,
            Provider::Microsoft => Self::Graph,
        }
    }
}

impl Scheme {
    /// Reads a secret in the form that the scheme's senders show it in.
    pub fn secret(self, text: &str) -> Result<SigningSecret, SecretError> {
        match self {
            Self::Form => SigningSecret::parse(text),
            _ => SigningSecret::plain(text),
        }
    }

    /// Checks a delivery against the active secrets.
    pub fn verify(
        self,
        incoming: &Incoming<'_>,
        secrets: &[SigningSecret],
        now: DateTime<Utc>,
    ) -> Result<Verified, SignatureError> {
        match self {
            Self::Form if is_standard(incoming) => standard::verify(incoming, secrets, now),
            Self::Form => cl::verify(incoming, secrets, now),
            Self::Stripe => stripe::verify(incoming, secrets, now),
            Self::Slack => slack::verify(incoming, secrets, now),
            Self::Zoom => zoom::verify(incoming, secrets, now),
            Self::HubSpot => hubspot::verify(incoming, secrets, now),
            Self::Salesforce => salesforce::verify(incoming, secrets),
            Self::Google => google::verify(incoming, secrets),
            Self::Graph => graph::verify(incoming, secrets),
        }
    }

    /// Whether we draw the secret and tell the sender; the others draw it and tell us.
    pub fn secret_is_ours(self) -> bool {
        matches!(self, Self::Form | Self::Salesforce | Self::Google | Self::Graph)
    }

    /// What an authentic delivery is answered with, if it only asks whether somebody is there.
    pub fn greeting(self, body: &[u8], secret: &SigningSecret) -> Option<Greeting> {
        match self {
            Self::Slack => slack::greeting(body),
            Self::Zoom => zoom::greeting(body, secret),
            _ => None,
        }
    }
}

/// By the Standard Webhooks scheme when its signature is there, or its id without any signature, so that the sender is
/// told which header of its own scheme is missing.
fn is_standard(incoming: &Incoming<'_>) -> bool {
    let has = |name| incoming.header(name).is_some();
    has(standard::SIGNATURE) || has(standard::ID) && !has(cl::SIGNATURE)
}

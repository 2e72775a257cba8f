//! What signs the messages to an endpoint: a secret that it shares with us, or a key of which it has the public half.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::webhooks::{PrivateKey, SecretError, SigningSecret, standard};

/// How messages are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureScheme {
    /// HMAC-SHA256 with a shared secret: `v1`.
    #[default]
    HmacSha256,
    /// Ed25519 with a private key that is ours alone: `v1a`.
    Ed25519,
}

impl SignatureScheme {
    /// Of a secret in its text form.
    pub(super) fn of(text: &str) -> Self {
        if text.starts_with("whsk_") { Self::Ed25519 } else { Self::HmacSha256 }
    }
}

/// A secret or a private key, ready to sign.
#[derive(Debug)]
pub enum SigningKey {
    /// The endpoint has it too.
    Shared(SigningSecret),
    /// Nobody else has it.
    Private(Box<PrivateKey>),
}

impl SigningKey {
    /// Reads the text form of either.
    pub(super) fn parse(text: &str) -> Result<Self, SecretError> {
        match SignatureScheme::of(text) {
            SignatureScheme::HmacSha256 => SigningSecret::parse(text).map(Self::Shared),
            SignatureScheme::Ed25519 => PrivateKey::parse(text).map(|key| Self::Private(Box::new(key))),
        }
    }

    /// The signature of a body sent at `at` under `id`, with its version before it.
    pub fn sign(&self, id: &str, at: DateTime<Utc>, body: &[u8]) -> String {
        match self {
            Self::Shared(secret) => standard::sign(secret, id, at, body),
            Self::Private(key) => key.sign(id, at, body),
        }
    }

    /// What an endpoint has to repeat to prove that it read the message `id`: nobody can guess it.
    pub fn challenge(&self, id: &str) -> String {
        match self {
            Self::Shared(secret) => secret.challenge(id),
            Self::Private(key) => key.challenge(id),
        }
    }

    /// What receivers verify with, if it may be shown.
    pub fn public(&self) -> Option<String> {
        match self {
            Self::Shared(_) => None,
            Self::Private(key) => Some(key.public()),
        }
    }
}

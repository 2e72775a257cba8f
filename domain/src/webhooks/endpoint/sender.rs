//! The port through which messages leave the house.

use std::time::Duration;

use async_trait::async_trait;

use super::Outgoing;

/// Sends messages. It never panics, never follows a redirect, bounds time and bytes by itself, and connects to no
/// address that its policy forbids, whatever a name leads to at that moment.
#[async_trait]
pub trait WebhookSender: Send + Sync {
    /// Sends one, once.
    async fn send(&self, message: &Outgoing) -> Exchange;
}

/// One message and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// From the first look for an address to the last byte read.
    pub duration: Duration,
    /// The answer, or why there was none.
    pub ended: Result<Reply, Unanswered>,
}

/// An endpoint's answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// How long it told us to wait.
    pub retry_after: Option<Duration>,
    /// The beginning of its body.
    pub body: Vec<u8>,
    /// The body as it may be shown: cut, personal data blotted out.
    pub excerpt: String,
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// Its address may not be called.
    Forbidden,
    /// It took too long.
    TooLate,
    /// No connection came about.
    Unreachable,
    /// The connection broke.
    Broken,
}

//! Tokens whose signature was found to be right. A client sends the same token for minutes, and Ed25519 takes longer than
//! all the rest of a small query. What a signature does not say is asked every time: the hour, and what was revoked.

use std::time::Duration;

use moka::sync::Cache;

use super::Caller;

/// Tokens in memory: some 1 KiB each.
const TOKENS_KEPT: u64 = 10_000;
/// A token that nobody has sent for so long is forgotten.
const KEPT_IDLE: Duration = Duration::from_mins(10);

/// The callers of checked tokens, by the whole text of the token.
pub(super) struct Checked(Cache<Box<str>, Caller>);

impl Checked {
    pub(super) fn none() -> Self {
        Self(Cache::builder().max_capacity(TOKENS_KEPT).time_to_idle(KEPT_IDLE).build())
    }

    /// Who the bearer is, whether or not the token still lets anybody in.
    pub(super) fn caller(&self, token: &str) -> Option<Caller> {
        self.0.get(token)
    }

    pub(super) fn remember(&self, token: &str, caller: Caller) {
        self.0.insert(token.into(), caller);
    }
}

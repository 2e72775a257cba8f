//! Who may come in: assertions are used up, tokens are revoked.
//!
//! These intents come from the OAuth endpoints, before there is a token: they carry no idempotency key, and what they
//! say about themselves (a secret, a signature) takes the place of a permit.

mod revoke;
mod use_assertion;

pub use revoke::revoke_token;
pub use use_assertion::use_assertion;

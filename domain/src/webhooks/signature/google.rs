//! Google's notification channels (<https://developers.google.com/workspace/calendar/api/guides/push>): no signature and
//! no body. The channel's token, chosen by us when the channel was opened, comes back in a header.
//!
//! Nothing is signed, so only TLS keeps the token from being read on its way, and there is no time to hold against a
//! window. It is enough for what a notification says: "look again".

use super::{Incoming, SignatureError, SigningSecret, Verified, delivery_id, repeated, required};

/// Repeats the channel's token.
pub const TOKEN: &str = "X-Goog-Channel-Token";
/// The channel's id.
pub const CHANNEL: &str = "X-Goog-Channel-ID";
/// Rises within a channel.
pub const MESSAGE: &str = "X-Goog-Message-Number";

/// Checks a notification. Its id is channel and number.
pub fn verify(incoming: &Incoming<'_>, secrets: &[SigningSecret]) -> Result<Verified, SignatureError> {
    let token = required(incoming.header(TOKEN), TOKEN)?;
    let channel = delivery_id(incoming.header(CHANNEL), CHANNEL)?;
    let number = delivery_id(incoming.header(MESSAGE), MESSAGE)?;
    let secret = repeated(token, secrets)?;
    Ok(Verified { delivery_id: Some(format!("{channel}:{number}")), sent_at: None, secret, replay_key: None })
}

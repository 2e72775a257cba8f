//! Salesforce: a shared secret in `Authorization`, and an id in `webhook-id`.
//!
//! Salesforce signs nothing. Its outbound messages (SOAP) can prove themselves by a client certificate alone, which ends
//! at the proxy before us, so they are not taken. A flow's HTTP callout or an Apex class can: it sends through a named
//! credential, whose `Authorization` is `Bearer` and the secret, or `Basic` with the secret as the password. The same
//! flow sets the id; without one a repetition could not be told from a second event.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{Incoming, SignatureError, SigningSecret, Verified, delivery_id, repeated, required, standard};

/// Repeats the secret.
pub const AUTHORIZATION: &str = "Authorization";

/// Checks a delivery.
pub fn verify(incoming: &Incoming<'_>, secrets: &[SigningSecret]) -> Result<Verified, SignatureError> {
    let given = required(incoming.header(AUTHORIZATION), AUTHORIZATION)?;
    let id = delivery_id(incoming.header(standard::ID), standard::ID)?;
    let token = token(given).ok_or(SignatureError::Malformed(AUTHORIZATION))?;
    let secret = repeated(&token, secrets)?;
    Ok(Verified { delivery_id: Some(id.to_owned()), sent_at: None, secret, replay_key: None })
}

/// Schemes are written in any case (RFC 9110 §11.1).
fn token(given: &str) -> Option<String> {
    let (scheme, rest) = given.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    let plain = BASE64_STANDARD.decode(rest.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    String::from_utf8(plain).ok()?.split_once(':').map(|(_, password)| password.to_owned())
}

//! Proofs of incoming webhooks: what the schemes, one file each, have in common.
//!
//! Most are HMAC-SHA256 (RFC 2104) over the raw body and a time, within a window on both sides of now; Google, Microsoft
//! and Salesforce only repeat a shared secret. All are compared in constant time. Several secrets may be active at once,
//! so that a secret can be rotated without losing an event.

mod asymmetric;
pub mod cl;
pub mod google;
pub mod graph;
pub mod hubspot;
mod incoming;
pub mod salesforce;
mod scheme;
pub mod slack;
pub mod standard;
pub mod stripe;
mod v0;
pub mod zoom;

pub use asymmetric::PrivateKey;
pub use incoming::Incoming;
pub use scheme::{Greeting, Scheme};

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::limits::SIGNATURE_WINDOW_SECONDS;

/// Bytes of a secret: Standard Webhooks 1.0 says 24 to 64.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Signatures that are looked at in one header; a rotation needs two.
const SIGNATURES_MAX: usize = 8;
/// Characters of a delivery id; longer ones are not kept for deduplication, so they are not taken.
const DELIVERY_ID_LENGTH_MAX: usize = 255;

/// Bytes of a secret that is taken as text: Zoom's have 22, ours 32, HubSpot's 36; nobody's has more than Google's
/// channel token may have.
const PLAIN_BYTES: std::ops::RangeInclusive<usize> = 16..=256;

/// A shared secret, ready to sign. It cannot be read back or printed.
#[derive(Clone)]
pub struct SigningSecret {
    key: Hmac<Sha256>,
    /// The secret signed with itself: what is repeated can be compared with it, and the secret need not be kept.
    itself: [u8; 32],
}

/// Why a text is not a usable secret. Never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// `whsec_` is not followed by base64.
    #[error("a secret is `whsec_` followed by base64")]
    Encoding,
    /// Too short to be safe or longer than the standard allows.
    #[error("a secret has 24 to 64 bytes")]
    Length,
    /// Not the text of a private key, or its halves do not belong together.
    #[error("a private key is `whsk_` followed by base64 of 64 bytes")]
    Key,
    /// Too short to be safe, longer than any vendor's, or not printable ASCII.
    #[error("a secret has 16 to 256 letters, digits and signs, without spaces")]
    Plain,
}

impl SigningSecret {
    /// Takes the bytes as they are.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SecretError> {
        if !SECRET_BYTES.contains(&bytes.len()) {
            return Err(SecretError::Length);
        }
        Self::keyed(bytes).ok_or(SecretError::Length)
    }

    /// Takes a text as the vendors do: its bytes are the key, whatever they look like.
    pub fn plain(text: &str) -> Result<Self, SecretError> {
        let usable = PLAIN_BYTES.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        usable.then(|| Self::keyed(text.as_bytes())).flatten().ok_or(SecretError::Plain)
    }

    /// Reads the text form of Standard Webhooks, `whsec_` and base64.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix("whsec_").ok_or(SecretError::Encoding)?;
        Self::from_bytes(&BASE64_STANDARD.decode(encoded).map_err(|_| SecretError::Encoding)?)
    }

    fn keyed(bytes: &[u8]) -> Option<Self> {
        let key: Hmac<Sha256> = Hmac::new_from_slice(bytes).ok()?;
        let itself = key.clone().chain_update(bytes).finalize().into_bytes().into();
        Some(Self { key, itself })
    }

    /// What an endpoint has to repeat to prove that it read the message `id`: nobody can guess it.
    pub fn challenge(&self, id: &str) -> String {
        hex(&self.sign(&[b"challenge/", id.as_bytes()]))
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        parts.iter().fold(self.key.clone(), Mac::chain_update)
    }

    fn sign(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(parts).finalize().into_bytes().into()
    }

    /// Constant time, by `Mac::verify_slice`.
    fn signed(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        self.mac(parts).verify_slice(signature).is_ok()
    }

    /// Whether this is the secret. Constant time, since only two signatures meet.
    fn is(&self, given: &str) -> bool {
        self.signed(&[given.as_bytes()], &self.itself)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret")
    }
}

/// Why a webhook is not taken. Never says what the right signature would have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is not there.
    #[error("the header `{0}` is missing")]
    Missing(&'static str),
    /// A header cannot be read.
    #[error("the header `{0}` is malformed")]
    Malformed(&'static str),
    /// Signed too long ago: perhaps a replay.
    #[error("the signature is older than {SIGNATURE_WINDOW_SECONDS} seconds")]
    Stale,
    /// Signed too far in the future: a wrong clock, or a signature made for later.
    #[error("the signature is more than {SIGNATURE_WINDOW_SECONDS} seconds in the future")]
    Future,
    /// No active secret gives this signature.
    #[error("the signature does not match")]
    Mismatch,
}

/// An authentic delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The sender's id of the delivery, the same again when it retries; `None` where the vendor gives none.
    pub delivery_id: Option<String>,
    /// When it was signed; `None` where nothing says so.
    pub sent_at: Option<DateTime<Utc>>,
    /// Which of the active secrets signed it, from 0: when the old one is no longer seen, rotation is complete.
    pub secret: usize,
    /// The authentic signature in hex. Remembering it beside the delivery id for the length of the window stops a
    /// replay under a changed id, which a scheme that does not sign the id ([`cl`]) cannot stop by itself. `None` where
    /// nothing is signed.
    pub replay_key: Option<String>,
}

/// Which of the secrets gave one of these signatures, and that signature.
fn signer<'a>(parts: &[&[u8]], macs: &'a [Vec<u8>], secrets: &[SigningSecret]) -> Option<(usize, &'a [u8])> {
    secrets.iter().enumerate().find_map(|(place, secret)| {
        let mac = macs.iter().find(|mac| secret.signed(parts, mac))?;
        Some((place, mac.as_slice()))
    })
}

/// Which of the secrets was repeated.
fn repeated(given: &str, secrets: &[SigningSecret]) -> Result<usize, SignatureError> {
    secrets.iter().position(|secret| secret.is(given)).ok_or(SignatureError::Mismatch)
}

/// The id that a vendor puts into the body, if it can be kept.
fn id_in(body: &[u8], name: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    body[name].as_str().filter(|id| is_delivery_id(id)).map(str::to_owned)
}

/// Whether an id can be kept for deduplication.
pub fn is_delivery_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= DELIVERY_ID_LENGTH_MAX && id.bytes().all(|byte| byte.is_ascii_graphic())
}

fn required<'a>(header: Option<&'a str>, name: &'static str) -> Result<&'a str, SignatureError> {
    header.map(str::trim).filter(|value| !value.is_empty()).ok_or(SignatureError::Missing(name))
}

fn delivery_id<'a>(header: Option<&'a str>, name: &'static str) -> Result<&'a str, SignatureError> {
    let id = required(header, name)?;
    if is_delivery_id(id) { Ok(id) } else { Err(SignatureError::Malformed(name)) }
}

/// Reads Unix seconds and holds them against the window; exactly its width is still inside.
fn within_window(text: &str, name: &'static str, now: DateTime<Utc>) -> Result<DateTime<Utc>, SignatureError> {
    inside(DateTime::from_timestamp(digits(text, name)?, 0), name, now)
}

/// As [`within_window`], for Unix milliseconds.
fn within_window_millis(text: &str, name: &'static str, now: DateTime<Utc>) -> Result<DateTime<Utc>, SignatureError> {
    inside(DateTime::from_timestamp_millis(digits(text, name)?), name, now)
}

fn digits(text: &str, name: &'static str) -> Result<i64, SignatureError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain).ok_or(SignatureError::Malformed(name))
}

fn inside(
    sent_at: Option<DateTime<Utc>>,
    name: &'static str,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, SignatureError> {
    let sent_at = sent_at.ok_or(SignatureError::Malformed(name))?;
    let age = now.timestamp() - sent_at.timestamp();
    match age {
        _ if age > SIGNATURE_WINDOW_SECONDS => Err(SignatureError::Stale),
        _ if age < -SIGNATURE_WINDOW_SECONDS => Err(SignatureError::Future),
        _ => Ok(sent_at),
    }
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;

    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod vendors;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_a_safe_length_and_cannot_be_printed() {
        assert_eq!(SigningSecret::from_bytes(&[7; 23]).err(), Some(SecretError::Length));
        assert_eq!(SigningSecret::from_bytes(&[7; 65]).err(), Some(SecretError::Length));
        assert_eq!(SigningSecret::parse("secret").err(), Some(SecretError::Encoding));
        assert_eq!(SigningSecret::parse("whsec_?").err(), Some(SecretError::Encoding));
        for text in ["fifteen-letters", "sixteen letters and spaces", &"x".repeat(257)] {
            assert_eq!(SigningSecret::plain(text).err(), Some(SecretError::Plain), "{text}");
        }
        assert_eq!(format!("{:?}", SigningSecret::from_bytes(&[7; 24]).unwrap()), "SigningSecret");
    }

    #[test]
    fn hex_is_read_as_it_is_written() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
        assert_eq!(unhex("000AfF"), Some(vec![0, 10, 255]));
        assert_eq!((unhex("0"), unhex("0g"), unhex("é")), (None, None, None));
    }
}

//! Secrets: the instance's key with what is derived from it, and the ones that callers are given.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use domain::webhooks::PrivateKey;
use domain::webhooks::endpoint::SignatureScheme;
use domain::workspaces::secret_digest;
use persistence::Sealer;
use sandbox::ClientSecret;
use sha2::{Digest, Sha256};

use crate::edge;

/// The instance's secret key: whoever has it can open every stored secret.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// From 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Seals and opens stored secrets.
    pub fn sealer(&self) -> Sealer {
        Sealer::new(&self.0, edge::bytes)
    }

    /// Signs cursors. A key of its own, so that what is signed in public tells nothing about what seals.
    pub fn cursor_key(&self) -> [u8; 32] {
        // A hash is enough of a key derivation here: its input is of one length, and its output stays secret.
        Sha256::new().chain_update(b"meridian: cursors").chain_update(self.0).finalize().into()
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// Draws a secret: 256 bits in characters that need no escaping in a URL, a header, a form or a shell.
pub fn secret() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(edge::bytes::<32>())
}

/// Draws the secret of a client.
pub fn client_secret() -> ClientSecret {
    let text = secret();
    let digest = secret_digest(&text);
    ClientSecret { text, digest }
}

/// Draws the secret that a form tool signs with, in the text form of Standard Webhooks 1.0.
pub fn signing_secret() -> String {
    format!("whsec_{}", BASE64_STANDARD.encode(edge::bytes::<32>()))
}

/// Draws what signs the messages to an endpoint.
pub fn endpoint_secret(scheme: SignatureScheme) -> String {
    match scheme {
        SignatureScheme::HmacSha256 => signing_secret(),
        // 32 bytes always make a key; a library that says otherwise leaves a text that nothing is signed with.
        SignatureScheme::Ed25519 => PrivateKey::text_of(&edge::bytes()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use domain::webhooks::SigningSecret;

    use super::*;

    #[test]
    fn a_signing_secret_is_usable_and_never_the_same() {
        assert!(SigningSecret::parse(&signing_secret()).is_ok());
        assert_ne!(signing_secret(), signing_secret());
        assert!(PrivateKey::parse(&endpoint_secret(SignatureScheme::Ed25519)).is_ok());
        assert!(SigningSecret::parse(&endpoint_secret(SignatureScheme::HmacSha256)).is_ok());
    }

    #[test]
    fn a_client_is_recognised_by_the_digest_of_the_text() {
        let secret = client_secret();
        // What the token endpoint computes from what a caller sends.
        assert_eq!(secret.digest, Sha256::digest(secret.text.as_bytes()).to_vec());
        assert_eq!(secret.text.len(), 43);
    }

    #[test]
    fn what_signs_in_public_is_not_what_seals() {
        let key = SecretKey::new([7; 32]);
        assert_ne!(key.cursor_key(), [7; 32]);
        assert_ne!(key.cursor_key(), SecretKey::new([8; 32]).cursor_key());
    }
}

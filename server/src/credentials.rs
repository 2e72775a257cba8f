//! Secrets: the instance's key with what is derived from it, and the secrets of OAuth clients.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
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

/// Draws the secret of a client: 256 bits in characters that need no escaping in a URL, a header or a shell.
pub fn client_secret() -> ClientSecret {
    let text = BASE64_URL_SAFE_NO_PAD.encode(edge::bytes::<32>());
    let digest = Sha256::digest(text.as_bytes()).to_vec();
    ClientSecret { text, digest }
}

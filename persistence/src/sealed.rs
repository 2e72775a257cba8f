//! Secrets at rest: XChaCha20-Poly1305 with a random 24-byte nonce, bound to where the secret is kept.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};

use crate::StoreError;

const NONCE_BYTES: usize = 24;

/// Seals and opens secrets with the instance's key.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    nonces: fn() -> [u8; NONCE_BYTES],
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(…)")
    }
}

impl Sealer {
    /// With a key of 32 bytes and a source of random nonces (drawn at the edge).
    pub fn new(key: &[u8; 32], nonces: fn() -> [u8; NONCE_BYTES]) -> Self {
        Self { cipher: XChaCha20Poly1305::new(&Key::from(*key)), nonces }
    }

    /// Seals `secret`. `place` (table and row) is authenticated too: a sealed text moved elsewhere does not open.
    pub fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        let nonce = (self.nonces)();
        let payload = Payload { msg: secret, aad: place.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| StoreError::Failed("a secret could not be sealed".to_owned()))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Sealer::seal`] sealed for the same place.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = || StoreError::Damaged("a sealed secret does not open with this instance's key".to_owned());
        let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let payload = Payload { msg: body, aad: place.as_bytes() };
        self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| damaged())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_only_in_its_place_and_undamaged() {
        let sealer = Sealer::new(&[7; 32], || [9; NONCE_BYTES]);
        let kept = sealer.seal("connections/1", b"token").unwrap();
        assert_eq!(sealer.open("connections/1", &kept).unwrap(), b"token");
        assert!(sealer.open("connections/2", &kept).is_err());
        let mut flipped = kept.clone();
        flipped[30] ^= 1;
        assert!(sealer.open("connections/1", &flipped).is_err());
        assert!(sealer.open("connections/1", b"short").is_err());
    }
}

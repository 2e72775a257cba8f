//! The asymmetric scheme of Standard Webhooks 1.0: `v1a,` and the base64 Ed25519 signature (RFC 8032) over
//! `{id}.{timestamp}.{body}`. Whoever has the public key can verify, and nobody but us can sign.
//!
//! A private key is `whsk_` and base64 of its seed and its public key, 32 bytes each; a public key is `whpk_` and base64
//! of its 32 bytes.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::{SecretError, hex};

const PRIVATE: &str = "whsk_";
const PUBLIC: &str = "whpk_";
const SEED_BYTES: usize = 32;

/// A private key, ready to sign. It cannot be printed.
pub struct PrivateKey(Ed25519KeyPair);

impl PrivateKey {
    /// Takes 32 random bytes.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Result<Self, SecretError> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(|_| SecretError::Key)
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let encoded = text.strip_prefix(PRIVATE).ok_or(SecretError::Key)?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| SecretError::Key)?;
        let (seed, public) = bytes.split_at_checked(SEED_BYTES).ok_or(SecretError::Key)?;
        Ed25519KeyPair::from_seed_and_public_key(seed, public).map(Self).map_err(|_| SecretError::Key)
    }

    /// Writes the text form of the key that these random bytes make, to be sealed.
    pub fn text_of(seed: &[u8; SEED_BYTES]) -> Result<String, SecretError> {
        let key = Self::from_seed(seed)?;
        Ok(format!("{PRIVATE}{}", BASE64_STANDARD.encode([seed, key.0.public_key().as_ref()].concat())))
    }

    /// What receivers verify with.
    pub fn public(&self) -> String {
        format!("{PUBLIC}{}", BASE64_STANDARD.encode(self.0.public_key()))
    }

    /// The signature of a body sent at `at` under `id`.
    pub fn sign(&self, id: &str, at: DateTime<Utc>, body: &[u8]) -> String {
        let signed = [id.as_bytes(), b".", at.timestamp().to_string().as_bytes(), b".", body].concat();
        format!("v1a,{}", BASE64_STANDARD.encode(self.0.sign(&signed)))
    }

    /// What an endpoint has to repeat to prove that it read the message `id`. Ed25519 always signs one text alike, and
    /// only we can; the digest gives no signature away.
    pub fn challenge(&self, id: &str) -> String {
        hex(&Sha256::digest(self.0.sign(format!("challenge/{id}").as_bytes())))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The first test vector of RFC 8032 §7.1.
    const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    const KEY: &str = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    fn seed() -> [u8; 32] {
        BASE64_STANDARD.decode(SEED).unwrap().try_into().unwrap()
    }

    #[test]
    fn a_key_is_kept_as_text_and_shows_its_public_half_alone() {
        let text = PrivateKey::text_of(&seed()).unwrap();
        let key = PrivateKey::parse(&text).unwrap();
        assert_eq!(key.public(), KEY);
        assert_eq!(PrivateKey::from_seed(&seed()).unwrap().public(), KEY);
        assert_eq!(format!("{key:?}"), "PrivateKey");
    }

    #[test]
    fn a_text_that_is_no_key_is_refused() {
        let of = |bytes: &[u8]| format!("{PRIVATE}{}", BASE64_STANDARD.encode(bytes));
        for text in ["", "whsk_", "whsk_?", KEY, &of(&[7; 31]), &of(&[7; 32]), &of(&[7; 64]), &of(&[7; 65])] {
            assert_eq!(PrivateKey::parse(text).err(), Some(SecretError::Key), "{text}");
        }
    }

    #[test]
    fn a_signature_is_of_id_time_and_body_and_verifies_with_the_public_key() {
        use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};

        let key = PrivateKey::from_seed(&seed()).unwrap();
        let at = DateTime::from_timestamp(1_614_265_330, 0).unwrap();
        let signed = key.sign("msg_1", at, b"{}");
        let signature = BASE64_STANDARD.decode(signed.strip_prefix("v1a,").unwrap()).unwrap();
        let public = BASE64_STANDARD.decode(KEY.strip_prefix(PUBLIC).unwrap()).unwrap();
        let check = |text: &str| UnparsedPublicKey::new(&ED25519, &public).verify(text.as_bytes(), &signature).is_ok();
        assert!(check("msg_1.1614265330.{}"));
        assert!(!check("msg_1.1614265331.{}") && !check("msg_2.1614265330.{}"));
        assert_eq!(key.challenge("a"), key.challenge("a"));
        assert_ne!(key.challenge("a"), key.challenge("b"));
    }
}

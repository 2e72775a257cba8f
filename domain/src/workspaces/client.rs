//! OAuth clients: who they are, and how each proves it.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::RedirectUri;
use crate::access::{Actor, Grants};
use crate::ids::{ClientId, HostId, WorkspaceId};

/// What is kept of a secret that we drew: a client's, a code, a refresh token, a session. A plain digest will do: secrets are 256 random bits, not words to be guessed.
pub fn secret_digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// An OAuth client of a workspace (RFC 6749 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its id, public.
    pub id: ClientId,
    /// The workspace its tokens act in.
    pub workspace: WorkspaceId,
    /// What it is called in the console.
    pub name: String,
    /// The most its tokens may be granted.
    pub scopes: Grants,
    /// The host it speaks for, if it is a host's own client.
    pub host: Option<HostId>,
    /// Where members may be sent back to. A client that has one acts for members who allowed it and never for itself;
    /// one that has none acts for itself only.
    pub redirect_uris: Vec<RedirectUri>,
}

impl Client {
    /// Who acts when this client acts.
    pub fn actor(&self) -> Actor {
        Actor::Client { client: self.id, host: self.host }
    }

    /// Whether it acts for members who allowed it, rather than for itself.
    pub fn acts_for_members(&self) -> bool {
        !self.redirect_uris.is_empty()
    }
}

/// How a client proves itself, with what is kept for checking it. A client has one way, and cannot choose another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCredential {
    /// By a secret (`client_secret_basic`, `client_secret_post`), of which the digest is kept.
    Secret(Vec<u8>),
    /// By assertions signed with a key of its own (`private_key_jwt`, RFC 7523): the public keys, a JWK Set (RFC 7517).
    Keys(Value),
    /// Not at all: it runs where no secret can be kept (a browser, a phone), and PKCE ties a code to who asked for it.
    Public,
}

/// Why a JWK Set cannot be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// It is no JWK Set, or an empty one.
    #[error("write a JWK Set: {{\"keys\": [ … ]}}, with one key at least")]
    NotASet,
    /// A key is of a kind that proves nothing to us.
    #[error("a key is RSA (2048 bits or more), EC on P-256, or OKP on Ed25519")]
    Kind,
    /// It holds what its owner should have kept.
    #[error("the set holds a private key; it is to be thrown away, and only public keys are to be registered")]
    Private,
}

impl ClientCredential {
    /// From the text of a JWK Set with public keys.
    pub fn keys(text: &str) -> Result<Self, KeySetError> {
        let set: Value = serde_json::from_str(text).map_err(|_| KeySetError::NotASet)?;
        let keys = set["keys"].as_array().filter(|keys| !keys.is_empty()).ok_or(KeySetError::NotASet)?;
        for key in keys {
            // RFC 7518 §6: `d` is private in every kind, `k` is a shared secret.
            if key.get("d").is_some() || key.get("k").is_some() {
                return Err(KeySetError::Private);
            }
            match (key["kty"].as_str(), key["crv"].as_str()) {
                (Some("RSA"), _) | (Some("EC"), Some("P-256")) | (Some("OKP"), Some("Ed25519")) => {}
                _ => return Err(KeySetError::Kind),
            }
        }
        Ok(Self::Keys(set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of a text.
    fn check(text: &str, expected: Result<(), KeySetError>) {
        assert_eq!(ClientCredential::keys(text).map(drop), expected, "{text}");
    }

    #[test]
    fn a_key_set_holds_public_keys_of_kinds_that_we_check() {
        check(r#"{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"b"},{"kty":"RSA","n":"a","e":"AQAB"}]}"#, Ok(()));
        check(r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"a"}]}"#, Ok(()));
        check(r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"a","d":"b"}]}"#, Err(KeySetError::Private));
        check(r#"{"keys":[{"kty":"oct","k":"a"}]}"#, Err(KeySetError::Private));
        check(r#"{"keys":[{"kty":"EC","crv":"secp256k1","x":"a","y":"b"}]}"#, Err(KeySetError::Kind));
        for text in ["", "{}", r#"{"keys":[]}"#, "[]"] {
            check(text, Err(KeySetError::NotASet));
        }
    }
}

//! The instance's signing keys (Ed25519, RFC 8037), as a server last read them.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::workspaces::KeyTerm;
use jsonwebtoken::{DecodingKey, EncodingKey};
use persistence::StoreError;
use persistence::workspaces::SigningKey;
use serde_json::{Value, json};

/// The keys in use.
pub(super) struct Keys {
    pub(super) signing: (String, EncodingKey),
    known: Vec<(String, DecodingKey)>,
    /// The public halves, as a JWK Set (RFC 7517 §5).
    pub(super) published: Value,
}

impl Keys {
    /// What these keys are good for now.
    pub(super) fn of(keys: &[SigningKey], now: DateTime<Utc>) -> Result<Self, StoreError> {
        let signing = keys.iter().filter(|key| key.term.may_sign(now)).max_by_key(|key| key.term.signs_from);
        let signing = signing.ok_or_else(|| StoreError::Failed("there is no signing key".to_owned()))?;
        let signing = (signing.kid.clone(), EncodingKey::from_ed_der(&signing.pkcs8));
        let (mut known, mut published) = (Vec::new(), Vec::new());
        for key in keys.iter().filter(|key| key.term.is_known(now)) {
            let public = public_half(key)?;
            known.push((key.kid.clone(), DecodingKey::from_ed_der(&public)));
            published.push(json!({
                "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
                "kid": key.kid, "x": URL_SAFE_NO_PAD.encode(public),
            }));
        }
        Ok(Self { signing, known, published: json!({ "keys": published }) })
    }

    /// The ids of those whose tokens are taken.
    pub(super) fn ids(&self) -> Vec<String> {
        self.known.iter().map(|(kid, _)| kid.clone()).collect()
    }

    pub(super) fn named(&self, kid: &str) -> Option<&DecodingKey> {
        self.known.iter().find(|(known, _)| known == kid).map(|(_, key)| key)
    }
}

/// A new pair, named after its public half, that signs at once.
pub fn new_signing_key(now: DateTime<Utc>) -> Result<SigningKey, StoreError> {
    let failed = |_| StoreError::Failed("a signing key could not be made".to_owned());
    let pair = Ed25519KeyPair::generate().map_err(failed)?;
    let pkcs8 = pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec();
    let kid = URL_SAFE_NO_PAD.encode(&pair.public_key().as_ref()[..8]);
    Ok(SigningKey { kid, pkcs8, term: KeyTerm::from(now) })
}

fn public_half(key: &SigningKey) -> Result<Vec<u8>, StoreError> {
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&key.pkcs8)
        .map_err(|_| StoreError::Damaged("a signing key cannot be read".to_owned()))?;
    Ok(pair.public_key().as_ref().to_vec())
}

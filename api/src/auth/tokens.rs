//! Access tokens: JWTs after RFC 9068, signed with Ed25519 (RFC 8037), checked without a store.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Actor, Grants};
use domain::ids::{ClientId, HostId, WorkspaceId};
use domain::operation::Edge;
use domain::workspaces::Client;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use persistence::workspaces::{SigningKey, signing_keys, store_first_signing_key};
use persistence::{Database, Sealer, StoreError};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::Api;

/// A token is good for this long. Short, because it is checked without asking anybody.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// Clocks of two servers may differ by this much.
const LEEWAY: TimeDelta = TimeDelta::seconds(5);

/// A caller who proved who they are.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub workspace: WorkspaceId,
    pub client: ClientId,
    pub host: Option<HostId>,
    pub grants: Grants,
    pub expires_at: DateTime<Utc>,
}

impl Caller {
    pub(crate) fn actor(&self) -> Actor {
        Actor::Client { client: self.client, host: self.host }
    }
}

/// Why a token does not let its bearer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFault {
    Invalid,
    Expired,
    /// Its key is not known here, and the store does not answer.
    Unknown,
}

/// The claims of RFC 9068 §2.2, with two of ours.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    client_id: ClientId,
    exp: i64,
    iat: i64,
    jti: String,
    scope: Grants,
    workspace: WorkspaceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<HostId>,
}

/// Another server may have made a key since; anybody can name one that nobody has. The store is asked this often.
const RELOAD_EVERY: Duration = Duration::from_secs(5);

/// Issues and checks tokens with the instance's keys.
pub(crate) struct Tokens {
    issuer: String,
    edge: Edge,
    database: Database,
    sealer: Sealer,
    keys: RwLock<Arc<Keys>>,
    reloaded: Mutex<Instant>,
}

/// The instance's keys, as last read.
struct Keys {
    signing: (String, EncodingKey),
    known: Vec<(String, DecodingKey)>,
}

impl Keys {
    fn of(keys: &[SigningKey]) -> Result<Self, StoreError> {
        let newest = keys.last().ok_or_else(|| StoreError::Failed("there is no signing key".to_owned()))?;
        let signing = (newest.kid.clone(), EncodingKey::from_ed_der(&newest.pkcs8));
        let known =
            keys.iter().map(|key| Ok((key.kid.clone(), public_key(key)?))).collect::<Result<_, StoreError>>()?;
        Ok(Self { signing, known })
    }

    fn named(&self, kid: &str) -> Option<&DecodingKey> {
        self.known.iter().find(|(known, _)| known == kid).map(|(_, key)| key)
    }
}

impl Tokens {
    /// Loads the instance's keys; the first server of an instance makes one.
    pub(crate) async fn load(api: &Api) -> Result<Self, StoreError> {
        let (database, sealer) = (&api.stores.database, &api.sealer);
        let mut keys = signing_keys(database, sealer).await?;
        if keys.is_empty() {
            store_first_signing_key(database, sealer, &new_key()?, api.edge.now()).await?;
            // Read back: another server may have been first.
            keys = signing_keys(database, sealer).await?;
        }
        Ok(Self {
            issuer: api.config.public_url.clone(),
            edge: api.edge.clone(),
            database: database.clone(),
            sealer: sealer.clone(),
            keys: RwLock::new(Arc::new(Keys::of(&keys)?)),
            reloaded: Mutex::new(Instant::now()),
        })
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The keys with this one among them, if the instance has it.
    async fn keys_with(&self, kid: &str) -> Result<Arc<Keys>, TokenFault> {
        let keys = self.keys();
        if keys.named(kid).is_some() {
            return Ok(keys);
        }
        let mut reloaded = self.reloaded.lock().await;
        // Whoever waited for the lock finds what another has just read.
        if self.keys().named(kid).is_none() && reloaded.elapsed() >= RELOAD_EVERY {
            let read = signing_keys(&self.database, &self.sealer).await.and_then(|keys| Keys::of(&keys));
            let read = read.map_err(|error| {
                tracing::warn!(%error, "the signing keys could not be read");
                TokenFault::Unknown
            })?;
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
            *reloaded = Instant::now();
        }
        Ok(self.keys())
    }

    /// A token for a client, with its lifetime.
    pub(crate) fn issue(&self, client: &Client, scopes: Grants) -> Result<(String, TimeDelta), StoreError> {
        let now = self.edge.now();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: client.id.to_string(),
            client_id: client.id,
            exp: (now + LIFETIME).timestamp(),
            iat: now.timestamp(),
            jti: self.edge.correlation().to_string(),
            scope: scopes,
            workspace: client.workspace,
            host: client.host,
        };
        let keys = self.keys();
        let (kid, key) = &keys.signing;
        let header = Header { typ: Some("at+jwt".to_owned()), kid: Some(kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &claims, key)
            .map_err(|error| StoreError::Failed(format!("a token could not be signed: {error}")))?;
        Ok((token, LIFETIME))
    }

    /// Who the bearer of a token is.
    pub(crate) async fn check(&self, token: &str) -> Result<Caller, TokenFault> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Invalid)?;
        let is_access_token = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("at+jwt"));
        let (true, Some(kid)) = (is_access_token, header.kid) else { return Err(TokenFault::Invalid) };
        let keys = self.keys_with(&kid).await?;
        let key = keys.named(&kid).ok_or(TokenFault::Invalid)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.issuer]);
        // The library would ask the system's clock; ours is the operation's.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &rules).map_err(|_| TokenFault::Invalid)?.claims;
        let expires_at = DateTime::from_timestamp(claims.exp, 0).ok_or(TokenFault::Invalid)?;
        if self.edge.now() >= expires_at + LEEWAY {
            return Err(TokenFault::Expired);
        }
        Ok(Caller {
            workspace: claims.workspace,
            client: claims.client_id,
            host: claims.host,
            grants: claims.scope,
            expires_at,
        })
    }
}

fn new_key() -> Result<SigningKey, StoreError> {
    let failed = |_| StoreError::Failed("a signing key could not be made".to_owned());
    let pair = Ed25519KeyPair::generate().map_err(failed)?;
    let pkcs8 = pair.to_pkcs8v1().map_err(failed)?.as_ref().to_vec();
    let kid = URL_SAFE_NO_PAD.encode(&pair.public_key().as_ref()[..8]);
    Ok(SigningKey { kid, pkcs8 })
}

fn public_key(key: &SigningKey) -> Result<DecodingKey, StoreError> {
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&key.pkcs8)
        .map_err(|_| StoreError::Damaged("a signing key cannot be read".to_owned()))?;
    Ok(DecodingKey::from_ed_der(pair.public_key().as_ref()))
}

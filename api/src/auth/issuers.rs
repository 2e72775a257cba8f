//! Tokens of other issuers: found out by their metadata (OpenID Connect Discovery 1.0), checked by their keys, and
//! translated into a member of the workspace that trusts them.
//!
//! A stranger can name any issuer and any key. An issuer that nobody trusts is never asked, and one that is trusted is
//! asked for its keys once an hour, and for a key that it did not have every five seconds at most.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{EntityId, TokenId};
use domain::workspaces::{Documents, TrustedIssuer};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use persistence::workspaces::{find_member_by_email, trusted_issuers};
use persistence::{Database, StoreError};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::assertion::{Audience, can};
use super::tokens::{Allowed, Caller, Ground, LEEWAY, TokenFault};

/// How long keys are good without looking again.
const KEYS_FRESH: TimeDelta = TimeDelta::hours(1);
/// How often an issuer is asked at most, whatever is named and however it fails.
const ASKED_EVERY: TimeDelta = TimeDelta::seconds(5);
/// How long keys stay good while the issuer does not answer.
const KEYS_STALE: TimeDelta = TimeDelta::hours(24);
/// How long a checked token is believed, and who is trusted: what is taken away here is gone within five seconds, and
/// tokens that anybody makes up ask the store once a second, however many they are.
const BELIEVED: TimeDelta = TimeDelta::seconds(1);
/// Checked tokens that a server remembers. Beyond it, it forgets all.
const REMEMBERED_MAX: usize = 10_000;
/// A token that is longer is none.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Something, and when it was found out.
type At<T> = (T, DateTime<Utc>);

/// What this server knows of other issuers.
pub(super) struct Issuers {
    documents: Arc<dyn Documents>,
    trusted: tokio::sync::Mutex<Option<At<Arc<Vec<TrustedIssuer>>>>>,
    keys: Mutex<HashMap<String, Keys>>,
    /// One at a time asks an issuer; the others find what it was told.
    asking: tokio::sync::Mutex<()>,
    checked: Mutex<HashMap<[u8; 32], At<Caller>>>,
}

#[derive(Clone, Default)]
struct Keys {
    set: Option<Arc<JwkSet>>,
    read_at: DateTime<Utc>,
    asked_at: DateTime<Utc>,
}

/// The claims that every token has (RFC 9068 §2.2, less what others leave out); the rest means what the trust says.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Issuers {
    pub(super) fn new(documents: Arc<dyn Documents>) -> Self {
        Self {
            documents,
            trusted: tokio::sync::Mutex::default(),
            keys: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            checked: Mutex::default(),
        }
    }

    /// Who the bearer of a token of another issuer is.
    pub(super) async fn check(
        &self,
        database: &Database,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<Caller, TokenFault> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenFault::Invalid);
        }
        let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let known = lock(&self.checked).get(&digest).filter(|(_, at)| now - *at < BELIEVED).cloned();
        if let Some((caller, _)) = known
            && now < caller.expires_at
        {
            return Ok(caller);
        }
        let caller = self.caller(database, (token, &digest), now).await?;
        let mut checked = lock(&self.checked);
        if checked.len() >= REMEMBERED_MAX {
            checked.clear();
        }
        checked.insert(digest, (caller.clone(), now));
        Ok(caller)
    }

    async fn caller(
        &self,
        database: &Database,
        (token, digest): (&str, &[u8; 32]),
        now: DateTime<Utc>,
    ) -> Result<Caller, TokenFault> {
        let unread = |error: StoreError| {
            tracing::warn!(%error, "the trust in an issuer could not be read");
            TokenFault::Unknown
        };
        // Nothing is believed of it yet: it only says whose keys are to be tried.
        let named = jsonwebtoken::dangerous::insecure_decode::<Claims>(token).map_err(|_| TokenFault::Invalid)?.claims;
        let trusted = self.trusted(database, now).await.map_err(unread)?;
        let is_meant =
            |trust: &&TrustedIssuer| trust.url == named.iss && named.aud.names(std::slice::from_ref(&trust.audience));
        let trust = trusted.iter().find(is_meant).ok_or(TokenFault::Invalid)?;
        let claims = self.signed(trust, token, now).await?;
        let expires_at = in_time(&claims, now)?;
        let email = trust.member_of(&claims.more).ok_or(TokenFault::Invalid)?;
        let member = find_member_by_email(&database.reader(trust.workspace), &email).await.map_err(unread)?;
        let member = member.ok_or(TokenFault::Invalid)?;
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        Ok(Caller {
            workspace: trust.workspace,
            client: trust.client(),
            host: member.host,
            grants: trust.grants_of(&claims.more).intersection(&member.scopes),
            token: TokenId::from_uuid(Uuid::from_bytes(id)),
            allowed: Some(Allowed { member: member.id, grant: None }),
            expires_at,
            ground: Ground::Foreign(Arc::from(token)),
        })
    }

    /// Whom anybody trusts, read once a second at most.
    async fn trusted(&self, database: &Database, now: DateTime<Utc>) -> Result<Arc<Vec<TrustedIssuer>>, StoreError> {
        let mut trusted = self.trusted.lock().await;
        if let Some((known, at)) = &*trusted
            && now - *at < BELIEVED
        {
            return Ok(Arc::clone(known));
        }
        let found = Arc::new(trusted_issuers(database).await?);
        *trusted = Some((Arc::clone(&found), now));
        Ok(found)
    }

    /// The claims, if the issuer signed them.
    async fn signed(&self, trust: &TrustedIssuer, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenFault> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Invalid)?;
        let kid = header.kid.as_deref().ok_or(TokenFault::Invalid)?;
        let keys = self.keys(trust, kid, now).await?;
        let key = keys.find(kid).filter(|key| can(key, header.alg)).ok_or(TokenFault::Invalid)?;
        let mut rules = Validation::new(header.alg);
        rules.set_issuer(&[&trust.url]);
        rules.required_spec_claims.clear();
        // Audience and times are checked beside: the library asks the system's clock.
        (rules.validate_exp, rules.validate_nbf, rules.validate_aud) = (false, false, false);
        let key = DecodingKey::from_jwk(key).map_err(|_| TokenFault::Invalid)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules).map_err(|_| TokenFault::Invalid)?.claims;
        let is_meant = claims.aud.names(std::slice::from_ref(&trust.audience));
        if is_meant { Ok(claims) } else { Err(TokenFault::Invalid) }
    }

    /// The issuer's keys, with this one among them if it has it.
    async fn keys(&self, trust: &TrustedIssuer, kid: &str, now: DateTime<Utc>) -> Result<Arc<JwkSet>, TokenFault> {
        let is_enough = |keys: &Keys| {
            let has_it = keys.set.as_ref().is_some_and(|set| set.find(kid).is_some());
            (has_it && now - keys.read_at < KEYS_FRESH) || now - keys.asked_at < ASKED_EVERY
        };
        let known = || lock(&self.keys).get(&trust.url).cloned();
        if !known().as_ref().is_some_and(is_enough) {
            let _turn = self.asking.lock().await;
            if !known().as_ref().is_some_and(is_enough) {
                self.ask(trust, now).await;
            }
        }
        let known = known().unwrap_or_default();
        known.set.filter(|_| now - known.read_at < KEYS_STALE).ok_or(TokenFault::Unknown)
    }

    /// Asks the issuer for its keys, and remembers that it was asked.
    async fn ask(&self, trust: &TrustedIssuer, now: DateTime<Utc>) {
        let found = self.fetch(trust).await;
        let mut all = lock(&self.keys);
        let keys = all.entry(trust.url.clone()).or_default();
        keys.asked_at = now;
        match found {
            Ok(set) => (keys.set, keys.read_at) = (Some(Arc::new(set)), now),
            Err(error) => tracing::warn!(issuer = trust.url, error, "the keys of an issuer could not be read"),
        }
    }

    async fn fetch(&self, trust: &TrustedIssuer) -> Result<JwkSet, String> {
        let metadata = self.documents.fetch(&trust.metadata_url()).await?;
        // Discovery §4.3: or one could lend another's keys.
        if metadata["issuer"].as_str() != Some(&trust.url) {
            return Err("the metadata are of another issuer".to_owned());
        }
        let place = metadata["jwks_uri"].as_str().ok_or("the metadata name no keys")?;
        let mut set = self.documents.fetch(place).await?;
        // Keys of kinds that the library does not know must not hide the others.
        if let Some(keys) = set["keys"].as_array_mut() {
            keys.retain(|key| serde_json::from_value::<jsonwebtoken::jwk::Jwk>(key.clone()).is_ok());
        }
        serde_json::from_value(set).map_err(|_| "the keys are no JWK Set".to_owned())
    }
}

/// When it ends, if it is good now.
fn in_time(claims: &Claims, now: DateTime<Utc>) -> Result<DateTime<Utc>, TokenFault> {
    let expires_at = DateTime::from_timestamp(claims.exp, 0).ok_or(TokenFault::Invalid)?;
    let has_begun = [claims.nbf, claims.iat].into_iter().flatten().all(|begin| begin <= (now + LEEWAY).timestamp());
    if !has_begun {
        return Err(TokenFault::Invalid);
    }
    if now >= expires_at + LEEWAY { Err(TokenFault::Expired) } else { Ok(expires_at) }
}

//! Access tokens: JWTs after RFC 9068, signed with Ed25519 (RFC 8037). They are checked without asking the store: by
//! their signature, and against what this server remembers of revocations.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Actor, Grants};
use domain::ids::{ClientId, EntityId, GrantId, HostId, MemberId, PageTokenId, TokenId, WorkspaceId};
use domain::operation::Edge;
use domain::workspaces::{ACCESS_LIFETIME, Client, PageToken};
use jsonwebtoken::{Algorithm, Header, Validation};
use persistence::workspaces::{all_revoked, signing_keys, store_first_signing_key};
use persistence::{Database, Sealer, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::checked::Checked;
use super::issuers::Issuers;
use super::keys::{Keys, new_signing_key};
use super::page_tokens::PageTokens;
use crate::Api;

/// Clocks of two servers may differ by this much.
pub(super) const LEEWAY: TimeDelta = TimeDelta::seconds(5);
/// Another server may have made a key since; anybody can name one that nobody has. The store is asked this often.
const RELOAD_EVERY: Duration = Duration::from_secs(5);

/// How often a socket's token of another issuer is looked at: trust and rights here may end.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// A caller who proved who they are.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub workspace: WorkspaceId,
    pub client: ClientId,
    pub host: Option<HostId>,
    pub grants: Grants,
    pub token: TokenId,
    pub ground: Ground,
    pub allowed: Option<Allowed>,
    pub expires_at: DateTime<Utc>,
}

/// What a caller's rights stand on, beside the time.
#[derive(Debug, Clone)]
pub(crate) enum Ground {
    /// A token of ours, signed with the key of this id.
    Ours(Arc<str>),
    /// A token of another issuer, which is looked at again and again.
    Foreign(Arc<str>),
    /// A page token.
    Page(Arc<PageToken>),
}

impl Caller {
    /// Who pays for its requests, and whose numbers are limited. A page's visitors do not spend what its owner has.
    pub(crate) fn payer(&self) -> String {
        self.page().map_or_else(|| self.client.to_string(), |page| page.id.to_string())
    }

    pub(crate) fn actor(&self) -> Actor {
        match self.allowed {
            Some(Allowed { member, .. }) => Actor::Member { member, client: self.client, host: self.host },
            None => Actor::Client { client: self.client, host: self.host },
        }
    }

    /// What it is held to, when it is the visitor of a page.
    pub(crate) fn page(&self) -> Option<&PageToken> {
        match &self.ground {
            Ground::Page(page) => Some(page),
            Ground::Ours(_) | Ground::Foreign(_) => None,
        }
    }

    /// What may be revoked under it: its token, and all that came of the same consent.
    fn revocable(&self) -> impl Iterator<Item = Uuid> {
        [Some(self.token.uuid()), self.allowed.and_then(|allowed| allowed.grant).map(EntityId::uuid)]
            .into_iter()
            .flatten()
    }
}

/// In whose name a client acts, and since which consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allowed {
    pub member: MemberId,
    /// Since which consent; a token of another issuer needs none here.
    pub grant: Option<GrantId>,
}

/// Why a token does not let its bearer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenFault {
    Invalid,
    Expired,
    /// Its key is not known here, and the store does not answer.
    Unknown,
}

/// The claims of RFC 9068 §2.2, with three of ours.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Claims {
    iss: String,
    aud: String,
    sub: String,
    pub(super) client_id: ClientId,
    exp: i64,
    iat: i64,
    pub(super) jti: TokenId,
    scope: Grants,
    pub(super) workspace: WorkspaceId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    host: Option<HostId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<GrantId>,
}

impl Claims {
    pub(super) fn expires_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.exp, 0).unwrap_or_default()
    }

    /// The caller, if the claims fit together: a client speaks for itself, or for a member who allowed it.
    fn caller(&self, key: &str) -> Option<Caller> {
        let allowed = match self.grant {
            Some(grant) => Some(Allowed { member: self.sub.parse().ok()?, grant: Some(grant) }),
            None if self.sub == self.client_id.to_string() => None,
            None => return None,
        };
        Some(Caller {
            workspace: self.workspace,
            client: self.client_id,
            host: self.host,
            grants: self.scope.clone(),
            token: self.jti,
            ground: Ground::Ours(key.into()),
            allowed,
            expires_at: self.expires_at(),
        })
    }

    /// What may be revoked under it.
    pub(super) fn revocable(&self) -> Vec<Uuid> {
        [Some(self.jti.uuid()), self.grant.map(EntityId::uuid)].into_iter().flatten().collect()
    }

    /// As RFC 7662 §2.2 shows them.
    pub(super) fn introspection(&self) -> Value {
        json!({
            "active": true, "token_type": "Bearer", "scope": self.scope, "client_id": self.client_id, "sub": self.sub,
            "aud": self.aud, "iss": self.iss, "exp": self.exp, "iat": self.iat, "jti": self.jti,
        })
    }
}

/// What a token is to be good for.
pub(super) struct Issue {
    pub(super) scopes: Grants,
    pub(super) host: Option<HostId>,
    pub(super) allowed: Option<Allowed>,
}

/// Issues and checks tokens with the instance's keys.
pub(crate) struct Tokens {
    issuer: String,
    edge: Edge,
    database: Database,
    sealer: Sealer,
    keys: RwLock<Arc<Keys>>,
    reloaded: Mutex<Instant>,
    standing: watch::Sender<Standing>,
    checked: Checked,
    pages: PageTokens,
    issuers: Issuers,
}

/// What a caller's rights stand on, beside the time: it is not revoked, and its key is known.
#[derive(PartialEq, Eq)]
struct Standing {
    revoked: HashSet<Uuid>,
    keys: Vec<String>,
}

impl Standing {
    fn carries(&self, caller: &Caller) -> bool {
        let is_known = match &caller.ground {
            Ground::Ours(key) => self.keys.iter().any(|kid| **kid == **key),
            Ground::Page(_) | Ground::Foreign(_) => true,
        };
        is_known && !caller.revocable().any(|id| self.revoked.contains(&id))
    }
}

impl Tokens {
    /// Loads the instance's keys; the first server of an instance makes one.
    pub(crate) async fn load(api: &Api) -> Result<Self, StoreError> {
        let (database, sealer) = (&api.stores.database, &api.sealer);
        let mut keys = signing_keys(database, sealer).await?;
        if keys.is_empty() {
            let now = api.edge.now();
            store_first_signing_key(database, sealer, &new_signing_key(now)?, now).await?;
            // Read back: another server may have been first.
            keys = signing_keys(database, sealer).await?;
        }
        let keys = Keys::of(&keys, api.edge.now())?;
        let revoked = all_revoked(database, api.edge.now()).await?.into_iter().collect();
        let standing = Standing { revoked, keys: keys.ids() };
        Ok(Self {
            issuer: api.config.public_url.clone(),
            edge: api.edge.clone(),
            database: database.clone(),
            sealer: sealer.clone(),
            keys: RwLock::new(Arc::new(keys)),
            reloaded: Mutex::new(Instant::now()),
            standing: watch::Sender::new(standing),
            checked: Checked::none(),
            pages: PageTokens::default(),
            issuers: Issuers::new(Arc::clone(&api.config.documents)),
        })
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The public keys, as a JWK Set.
    pub(super) fn published(&self) -> Value {
        self.keys().published.clone()
    }

    /// Reads keys and revocations again.
    pub(super) async fn look(&self) -> Result<(), StoreError> {
        let now = self.edge.now();
        let revoked = all_revoked(&self.database, now).await?.into_iter().collect();
        let keys = Keys::of(&signing_keys(&self.database, &self.sealer).await?, now)?;
        let standing = Standing { revoked, keys: keys.ids() };
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        // Those who wait are woken by a difference only.
        self.standing.send_if_modified(|known| {
            let is_news = *known != standing;
            *known = standing;
            is_news
        });
        Ok(())
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
            Box::pin(self.look()).await.map_err(|error| {
                tracing::warn!(%error, "the signing keys could not be read");
                TokenFault::Unknown
            })?;
            *reloaded = Instant::now();
        }
        Ok(self.keys())
    }

    /// A token with its lifetime: for what the client may do itself, or for what a member allowed it.
    pub(super) fn issue(&self, client: &Client, issue: Issue) -> Result<(String, TimeDelta), StoreError> {
        let now = self.edge.now();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: issue.allowed.map_or_else(|| client.id.to_string(), |allowed| allowed.member.to_string()),
            client_id: client.id,
            exp: (now + ACCESS_LIFETIME).timestamp(),
            iat: now.timestamp(),
            jti: self.edge.new_id(),
            scope: issue.scopes,
            workspace: client.workspace,
            host: issue.host,
            grant: issue.allowed.and_then(|allowed| allowed.grant),
        };
        let keys = self.keys();
        let (kid, key) = &keys.signing;
        let header = Header { typ: Some("at+jwt".to_owned()), kid: Some(kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &claims, key)
            .map_err(|error| StoreError::Failed(format!("a token could not be signed: {error}")))?;
        Ok((token, ACCESS_LIFETIME))
    }

    /// Whether nothing but the store can tell who the bearer of a token is.
    pub(crate) fn asks_the_store(&self, token: &str) -> bool {
        token.parse::<PageTokenId>().is_ok_and(|page| !self.pages.knows(page, self.edge.now()))
    }

    /// Who the bearer of a token is. What is seldom done is boxed, so as not to lie in the future of every request.
    pub(crate) async fn check(&self, token: &str) -> Result<Caller, TokenFault> {
        if let Ok(page) = token.parse::<PageTokenId>() {
            return Box::pin(self.pages.check(&self.database, page, self.edge.now())).await;
        }
        if let Some(caller) = self.checked.caller(token) {
            return self.still(caller);
        }
        let (key, claims) = match self.read_with_key(token).await {
            // What is not ours may be another's. (What we signed is refused there too: nobody can trust us by hand.)
            Err(TokenFault::Invalid) => {
                return Box::pin(self.issuers.check(&self.database, token, self.edge.now())).await;
            }
            read => read?,
        };
        let caller = claims.caller(&key).ok_or(TokenFault::Invalid)?;
        self.checked.remember(token, caller.clone());
        self.still(caller)
    }

    /// The caller of a token that is signed as it should be, if it lets them in at this moment.
    fn still(&self, caller: Caller) -> Result<Caller, TokenFault> {
        if is_over(caller.expires_at, self.edge.now()) {
            return Err(TokenFault::Expired);
        }
        if self.standing.borrow().carries(&caller) { Ok(caller) } else { Err(TokenFault::Invalid) }
    }

    /// Resolves when the caller's token, its key or the consent behind it is revoked.
    pub(crate) async fn revoked(&self, caller: &Caller) {
        if let Ground::Foreign(token) = &caller.ground {
            let is_still = |found: &Caller| {
                (found.workspace, found.client, found.host, found.allowed)
                    == (caller.workspace, caller.client, caller.host, caller.allowed)
                    && found.grants == caller.grants
            };
            loop {
                match Box::pin(self.check(token)).await {
                    Err(TokenFault::Unknown) => {}
                    Ok(found) if is_still(&found) => {}
                    _ => return,
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
        let mut standing = self.standing.subscribe();
        // The sender is ours and outlives the wait.
        let _ = standing.wait_for(|standing| !standing.carries(caller)).await;
    }

    /// What a token says that we issued and that has not expired, revoked or not. Claim by claim (RFC 9068 §4).
    pub(super) async fn read(&self, token: &str) -> Result<Claims, TokenFault> {
        self.read_with_key(token).await.map(|(_, claims)| claims)
    }

    async fn read_with_key(&self, token: &str) -> Result<(String, Claims), TokenFault> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Invalid)?;
        let is_access_token = header.typ.as_deref().is_some_and(is_access_token_type);
        let (true, Some(kid)) = (is_access_token, header.kid) else { return Err(TokenFault::Invalid) };
        let keys = self.keys_with(&kid).await?;
        let key = keys.named(&kid).ok_or(TokenFault::Invalid)?;
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[&self.issuer]);
        // The library would ask the system's clock; ours is the operation's.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &rules).map_err(|_| TokenFault::Invalid)?.claims;
        let now = self.edge.now();
        let is_whole = claims.caller(&kid).is_some() && claims.iat <= (now + LEEWAY).timestamp();
        let expires_at = DateTime::from_timestamp(claims.exp, 0).filter(|_| is_whole).ok_or(TokenFault::Invalid)?;
        if is_over(expires_at, now) { Err(TokenFault::Expired) } else { Ok((kid, claims)) }
    }
}

fn is_over(expires_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now >= expires_at + LEEWAY
}

/// RFC 9068 §4: `at+jwt`, or the media type in full.
fn is_access_token_type(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}

#[cfg(test)]
mod tests;

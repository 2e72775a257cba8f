//! Access tokens: JWTs after RFC 9068, signed with Ed25519 (RFC 8037), checked without a store.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Actor, Grants};
use domain::ids::{ClientId, HostId, WorkspaceId};
use domain::operation::Edge;
use domain::workspaces::Client;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use persistence::StoreError;
use persistence::workspaces::{SigningKey, signing_keys, store_first_signing_key};
use serde::{Deserialize, Serialize};

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

/// Issues and checks tokens with the instance's keys.
pub(crate) struct Tokens {
    issuer: String,
    edge: Edge,
    signing: (String, EncodingKey),
    known: Vec<(String, DecodingKey)>,
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
        let newest = keys.last().ok_or_else(|| StoreError::Failed("there is no signing key".to_owned()))?;
        let signing = (newest.kid.clone(), EncodingKey::from_ed_der(&newest.pkcs8));
        let known =
            keys.iter().map(|key| Ok((key.kid.clone(), public_key(key)?))).collect::<Result<_, StoreError>>()?;
        Ok(Self { issuer: api.config.public_url.clone(), edge: api.edge.clone(), signing, known })
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
        let (kid, key) = &self.signing;
        let header = Header { typ: Some("at+jwt".to_owned()), kid: Some(kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &claims, key)
            .map_err(|error| StoreError::Failed(format!("a token could not be signed: {error}")))?;
        Ok((token, LIFETIME))
    }

    /// Who the bearer of a token is.
    pub(crate) fn check(&self, token: &str) -> Result<Caller, TokenFault> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenFault::Invalid)?;
        let is_access_token = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("at+jwt"));
        let key = self.known.iter().find(|(kid, _)| Some(kid) == header.kid.as_ref()).map(|(_, key)| key);
        let (true, Some(key)) = (is_access_token, key) else { return Err(TokenFault::Invalid) };
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

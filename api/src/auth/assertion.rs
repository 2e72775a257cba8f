//! `private_key_jwt`: a client signs who it is (RFC 7523 §3). Each assertion is for us, short-lived and good for once.

use chrono::{DateTime, TimeDelta, Utc};
use commands::workspaces::use_assertion;
use domain::workspaces::Client;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::Desk;
use super::answer::Refused;
use super::tokens::LEEWAY;

/// An assertion that is good for longer would have to be remembered for longer. Libraries choose a minute or an hour.
const LIFETIME_MAX: TimeDelta = TimeDelta::hours(1);
/// An id that is longer is no id.
const JTI_BYTES_MAX: usize = 512;
/// What we check; said in the metadata too.
pub(super) const ALGORITHMS: [&str; 4] = ["EdDSA", "ES256", "PS256", "RS256"];

/// The claims of RFC 7523 §3; `jti` is ours to demand, since an assertion is good for once.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    pub(super) fn names(&self, wanted: &[String]) -> bool {
        match self {
            Self::One(name) => wanted.contains(name),
            Self::Several(names) => names.iter().any(|name| wanted.contains(name)),
        }
    }
}

/// Whom an assertion is about. Nothing is believed of it yet: it only says which client's keys are to be tried.
pub(super) fn subject(assertion: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Subject {
        sub: String,
    }
    jsonwebtoken::dangerous::insecure_decode::<Subject>(assertion).ok().map(|data| data.claims.sub)
}

/// Whether the client signed this, for us, now, for the first time.
pub(super) async fn check(desk: &Desk, client: &Client, keys: Value, assertion: &str) -> Result<(), Refused> {
    let keys: JwkSet = serde_json::from_value(keys).map_err(|error| {
        tracing::warn!(error = %error, client.id = %client.id, "the keys of a client cannot be read");
        Refused::client()
    })?;
    let claims = signed(&keys, assertion).ok_or_else(Refused::client)?;
    let id = client.id.to_string();
    let issuer = &desk.api.config.public_url;
    // RFC 7523 §3 lets the token endpoint stand for the server; later practice wants the issuer.
    let audience = [issuer.clone(), format!("{issuer}/oauth/token")];
    let expires_at = in_time(&claims, desk.api.edge.now()).ok_or_else(Refused::client)?;
    let jti = claims.jti.as_str();
    let is_meant = claims.iss == id && claims.sub == id && claims.aud.names(&audience);
    if !is_meant || jti.is_empty() || jti.len() > JTI_BYTES_MAX {
        return Err(Refused::client());
    }
    if use_assertion(&desk.api.stores, client, jti, expires_at).await? {
        Ok(())
    } else {
        tracing::warn!(client.id = %client.id, "an assertion was used again");
        Err(Refused::client())
    }
}

/// The claims, if one of the keys signed them. A set has a few keys at most; one that is named is tried alone.
fn signed(keys: &JwkSet, assertion: &str) -> Option<Claims> {
    let header: Header = jsonwebtoken::decode_header(assertion).ok()?;
    let fits = |key: &&Jwk| match (&header.kid, &key.common.key_id) {
        (Some(wanted), Some(id)) => wanted == id,
        _ => true,
    };
    keys.keys.iter().filter(fits).filter(|key| can(key, header.alg)).find_map(|key| {
        let mut rules = Validation::new(header.alg);
        rules.required_spec_claims.clear();
        // Audience and times are checked beside: the library asks the system's clock.
        (rules.validate_exp, rules.validate_nbf, rules.validate_aud) = (false, false, false);
        let key = DecodingKey::from_jwk(key).ok()?;
        jsonwebtoken::decode::<Claims>(assertion, &key, &rules).ok().map(|data| data.claims)
    })
}

/// Whether a key of this kind signs by this algorithm: the key decides, not the one who wrote the header.
pub(super) fn can(key: &Jwk, algorithm: Algorithm) -> bool {
    match (&key.algorithm, algorithm) {
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDSA) => key.curve == EllipticCurve::Ed25519,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::RSA(_), Algorithm::PS256 | Algorithm::RS256) => true,
        _ => false,
    }
}

/// When it ends, if it is good now and not for too long.
fn in_time(claims: &Claims, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let expires_at = DateTime::from_timestamp(claims.exp, 0)?;
    let has_begun = [claims.nbf, claims.iat].into_iter().flatten().all(|begin| begin <= (now + LEEWAY).timestamp());
    let is_good = now < expires_at + LEEWAY && expires_at <= now + LIFETIME_MAX + LEEWAY;
    (has_begun && is_good).then_some(expires_at + LEEWAY)
}

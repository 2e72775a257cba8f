//! Which client speaks: `client_secret_basic`, `client_secret_post` (RFC 6749 §2.3.1), `private_key_jwt` (RFC 7523), or
//! `none` for clients that cannot keep a secret.

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::ids::ClientId;
use domain::workspaces::{Client, ClientCredential, secret_digest};
use oauth2::basic::BasicErrorResponseType;
use persistence::workspaces::find_client;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use super::answer::{Refused, given};
use super::{Desk, assertion};
use crate::cors::foreign_origin;

/// The fields by which a client says who it is, in every form that clients send.
#[derive(Default, Deserialize)]
pub(super) struct Credentials {
    #[serde(rename = "client_id")]
    id: Option<String>,
    #[serde(rename = "client_secret")]
    secret: Option<String>,
    #[serde(rename = "client_assertion_type")]
    assertion_type: Option<String>,
    #[serde(rename = "client_assertion")]
    assertion: Option<String>,
}

/// How a client proves itself.
enum Proof {
    Secret(String),
    Assertion(String),
    Nothing,
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client. It proves itself in one way, never in two (RFC 6749 §2.3), and in the way that it is registered for.
pub(super) async fn authenticate(
    desk: &Desk,
    headers: &HeaderMap,
    credentials: &Credentials,
) -> Result<Client, Refused> {
    let (id, proof) = claimed(headers, credentials)?;
    let id: ClientId = id.parse().map_err(|_| Refused::client())?;
    let (client, credential) = find_client(&desk.api.stores.database, id).await?.ok_or_else(Refused::client)?;
    match (proof, credential) {
        (Proof::Secret(secret), ClientCredential::Secret(digest)) => {
            let matches: bool = secret_digest(&secret).ct_eq(&digest).into();
            if !matches {
                return Err(Refused::client());
            }
        }
        (Proof::Assertion(assertion), ClientCredential::Keys(keys)) => {
            assertion::check(desk, &client, keys, &assertion).await?;
        }
        (Proof::Nothing, ClientCredential::Public) => {}
        _ => return Err(Refused::client()),
    }
    may_be_used_here(desk, &client, headers).await?;
    Ok(client)
}

/// Whether the caller shows anything that only the client has.
pub(super) fn has_proof(headers: &HeaderMap, credentials: &Credentials) -> bool {
    matches!(claimed(headers, credentials), Ok((_, Proof::Secret(_) | Proof::Assertion(_))))
}

/// A page of another site speaks for a client only where the client is meant to be used.
async fn may_be_used_here(desk: &Desk, client: &Client, headers: &HeaderMap) -> Result<(), Refused> {
    let Some(origin) = foreign_origin(headers, &Uri::default()) else { return Ok(()) };
    match desk.clients.admits((client.workspace, client.id), origin).await {
        Ok(true) => Ok(()),
        Ok(false) => {
            let description = "pages of this origin may not use the client";
            Err(Refused::bad(BasicErrorResponseType::UnauthorizedClient, description))
        }
        Err(error) => {
            tracing::warn!(%error, "the store did not answer an OAuth endpoint");
            Err(Refused::unavailable())
        }
    }
}

/// As [`authenticate`], for what is not told to those who prove nothing.
pub(super) async fn authenticate_strictly(
    desk: &Desk,
    headers: &HeaderMap,
    credentials: &Credentials,
) -> Result<Client, Refused> {
    match claimed(headers, credentials)? {
        (_, Proof::Nothing) => Err(Refused::client()),
        _ => authenticate(desk, headers, credentials).await,
    }
}

/// Who the caller says it is, and by what it means to prove it.
fn claimed(headers: &HeaderMap, credentials: &Credentials) -> Result<(String, Proof), Refused> {
    let twice = || Refused::request("prove who you are in one way: by the header, by a secret or by an assertion");
    let named = given(credentials.id.as_ref());
    let secret = given(credentials.secret.as_ref());
    let assertion = given(credentials.assertion.as_ref());
    let kind = given(credentials.assertion_type.as_ref());
    let (id, proof) = match (headers.get(header::AUTHORIZATION), secret, assertion.or(kind)) {
        (Some(value), None, None) => {
            let (id, secret) = basic(value).ok_or_else(Refused::client)?;
            (id, Proof::Secret(secret))
        }
        (None, Some(secret), None) => (named.ok_or_else(Refused::client)?.to_owned(), Proof::Secret(secret.to_owned())),
        (None, None, Some(_)) => {
            let (Some(assertion), Some(ASSERTION_TYPE)) = (assertion, kind) else {
                return Err(Refused::request(
                    "send `client_assertion` with the `client_assertion_type` of RFC 7523 §2.2",
                ));
            };
            (assertion::subject(assertion).ok_or_else(Refused::client)?, Proof::Assertion(assertion.to_owned()))
        }
        (None, None, None) => (named.ok_or_else(Refused::client)?.to_owned(), Proof::Nothing),
        _ => return Err(twice()),
    };
    // A client may name itself in the body as well, but nobody else.
    if named.is_some_and(|named| named != id) { Err(twice()) } else { Ok((id, proof)) }
}

/// `Basic base64(id:secret)`, both form-encoded first (RFC 6749 §2.3.1). Some libraries escape even the underscore of
/// our ids.
fn basic(value: &HeaderValue) -> Option<(String, String)> {
    let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((unescaped(id)?, unescaped(secret)?))
}

fn unescaped(text: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    match (pairs.next(), pairs.next()) {
        // A text without `=` is a name without a value.
        (Some((name, value)), None) if value.is_empty() => Some(name.into_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pair: &str, expected: Option<(&str, &str)>) {
        let value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).unwrap();
        let found = basic(&value);
        assert_eq!(found.as_ref().map(|(id, secret)| (id.as_str(), secret.as_str())), expected, "{pair}");
    }

    #[test]
    fn id_and_secret_are_read_escaped_or_not() {
        check("cli_01:a-b_c", Some(("cli_01", "a-b_c")));
        check("cli%5F01:a%2Db%5Fc", Some(("cli_01", "a-b_c")));
        check("cli_01:a+b%3A", Some(("cli_01", "a b:")));
        check("cli_01", None);
        check("cli_01:", None);
        assert_eq!(basic(&HeaderValue::from_static("Bearer abc")), None);
    }
}

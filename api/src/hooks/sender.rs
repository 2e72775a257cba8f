//! Who sends: the connection behind an address, and the proof that a delivery is its own.

use std::collections::BTreeMap;

use axum::extract::Query;
use axum::http::{HeaderMap, Uri};
use domain::errors::{ErrorCode, Refusal};
use domain::ids::{ConnectionId, WorkspaceId};
use domain::integrations::ConnectionSecrets;
use domain::webhooks::{Greeting, Incoming, Scheme, SignatureError, SigningSecret, Verified};
use persistence::integrations::open_connection_anywhere;

use crate::Api;

/// Microsoft's tokens have some hundred characters.
const VALIDATION_TOKEN_BYTES_MAX: usize = 2048;

/// A connection that takes webhooks.
pub(super) struct Sender {
    pub(super) workspace: WorkspaceId,
    pub(super) connection: ConnectionId,
    pub(super) scheme: Scheme,
    secrets: ConnectionSecrets,
}

/// The address as its sender knows it. Over HTTP/2 a request names scheme and host as well (RFC 9113 §8.3.1): those of
/// this process, which may not be those of the proxy before it.
fn address(public_url: &str, uri: &Uri) -> String {
    format!("{public_url}{}", uri.path_and_query().map_or("/", |rest| rest.as_str()))
}

/// What an authentic delivery turned out to be.
pub(super) enum Authentic {
    Delivery(Verified),
    Greeting(Greeting),
}

impl Sender {
    /// The sender that an address belongs to. A connection that knows no secret takes nothing, and is not there.
    pub(super) async fn open(api: &Api, text: &str) -> Result<Self, Refusal> {
        let unknown = || Refusal::new(ErrorCode::NotFound, "There is no such connection.");
        let id: ConnectionId = text.parse().map_err(|_| unknown())?;
        let found = open_connection_anywhere(&api.stores.database, &api.sealer, id).await.map_err(|error| {
            tracing::error!(error = %error, "a webhook's connection could not be read");
            Refusal::new(ErrorCode::Unavailable, "The connection could not be read; send it again.")
        })?;
        let (workspace, connection, secrets) = found.ok_or_else(unknown)?;
        if secrets.accepted(api.edge.now()).next().is_none() {
            return Err(unknown());
        }
        Ok(Self { workspace, connection: connection.id, scheme: connection.provider.into(), secrets })
    }

    /// Checks the proof over the raw body. The address is the one of the configuration.
    pub(super) fn verify(
        &self,
        api: &Api,
        (uri, headers): (&Uri, &[(&str, &str)]),
        body: &[u8],
    ) -> Result<Authentic, Refusal> {
        let now = api.edge.now();
        let keys: Vec<SigningSecret> =
            self.secrets.accepted(now).filter_map(|secret| self.scheme.secret(secret).ok()).collect();
        let uri = address(&api.config.public_url, uri);
        let verified = self.scheme.verify(&Incoming { uri: &uri, headers, body }, &keys, now);
        let verified = verified.map_err(|error| Refusal::new(signature_code(error), error.to_string()))?;
        let greeting = keys.get(verified.secret).and_then(|key| self.scheme.greeting(body, key));
        Ok(greeting.map_or(Authentic::Delivery(verified), Authentic::Greeting))
    }

    /// The answer to Microsoft's question whether the address is ours, which comes before there is anything to prove:
    /// its token as plain text, with what a browser could take for markup escaped.
    pub(super) fn handshake(&self, uri: &Uri) -> Option<String> {
        if self.scheme != Scheme::Graph {
            return None;
        }
        let Query(parameters) = Query::<BTreeMap<String, String>>::try_from_uri(uri).ok()?;
        let token = parameters.get("validationToken").filter(|token| token.len() <= VALIDATION_TOKEN_BYTES_MAX)?;
        Some(escaped(token))
    }
}

/// Headers that are text.
pub(super) fn texts(headers: &HeaderMap) -> Vec<(&str, &str)> {
    headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect()
}

fn signature_code(error: SignatureError) -> ErrorCode {
    match error {
        SignatureError::Missing(_) => ErrorCode::SignatureMissing,
        SignatureError::Stale | SignatureError::Future => ErrorCode::TimestampOutOfWindow,
        SignatureError::Malformed(_) | SignatureError::Mismatch => ErrorCode::SignatureInvalid,
    }
}

fn escaped(token: &str) -> String {
    let plain = token.chars().filter(|character| !character.is_control());
    plain.fold(String::with_capacity(token.len()), |mut text, character| {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            other => text.push(other),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_one_that_the_sender_was_told() {
        for uri in ["/hooks/con_1?a=b%20c", "https://10.0.0.1:8443/hooks/con_1?a=b%20c"] {
            assert_eq!(
                address("https://acme.example", &uri.parse().unwrap()),
                "https://acme.example/hooks/con_1?a=b%20c"
            );
        }
    }

    #[test]
    fn a_token_is_repeated_and_never_markup() {
        let check = |token, expected: &str| assert_eq!(escaped(token), expected);
        let real = "Validation: Testing client application reachability for subscription Request-Id: 0d3e-4a";
        check(real, real);
        check("<script>alert('1')</script>\r\n", "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;");
    }
}

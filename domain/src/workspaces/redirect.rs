//! Redirect URIs (RFC 6749 §3.1.2, OAuth 2.1 §2.3): where codes may be sent, compared letter by letter.

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// A place that a client registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

/// Why a text is no redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a redirect URI is https, http on this machine (127.0.0.1, [::1], localhost), or a scheme of the client's own with \
     a dot in it; without a fragment, a user or a password"
)]
pub struct RedirectUriError;

impl RedirectUri {
    /// Checks a text that a client wants to register. It is kept as written.
    pub fn parse(text: &str) -> Result<Self, RedirectUriError> {
        let uri = Url::parse(text).map_err(|_| RedirectUriError)?;
        let is_plain = uri.fragment().is_none() && uri.username().is_empty() && uri.password().is_none();
        let is_safe = match uri.scheme() {
            "https" => uri.host().is_some(),
            "http" => is_loopback(&uri),
            // RFC 8252 §7.1: a domain name of the client's, turned round. It cannot be `javascript` or `data` then.
            scheme => scheme.contains('.'),
        };
        if is_plain && is_safe { Ok(Self(text.to_owned())) } else { Err(RedirectUriError) }
    }

    /// Whether this is what a request names: the same letters. For a program on the member's own machine, which is
    /// given a port when it starts, the port may be another (RFC 8252 §7.3).
    pub fn is(&self, named: &str) -> bool {
        self.0 == named || matches!((without_port(&self.0), without_port(named)), (Some(a), Some(b)) if a == b)
    }
}

/// Of a URI on a loopback address; a name can be pointed elsewhere.
fn without_port(text: &str) -> Option<String> {
    let mut uri = Url::parse(text).ok()?;
    let is_address = matches!(uri.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
    if uri.scheme() != "http" || !is_address || !is_loopback(&uri) || uri.as_str() != with_slash(text) {
        return None;
    }
    uri.set_port(None).ok()?;
    Some(uri.into())
}

/// What the parser makes of an empty path; any other difference means that the text was not in its plain form.
fn with_slash(text: &str) -> String {
    let path = text.splitn(4, '/').nth(3);
    if path.is_none() { format!("{text}/") } else { text.to_owned() }
}

fn is_loopback(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_safe_to_send_a_code_to() {
        for good in [
            "https://app.test/back?a=b",
            "http://127.0.0.1:4000/back",
            "http://[::1]/back",
            "http://localhost/back",
            "com.example.app:/back",
        ] {
            assert!(RedirectUri::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://app.test/back",
            "https://app.test/back#here",
            "https://user@app.test/",
            "javascript:alert(1)",
            "data:text/html,x",
            "/back",
            "",
        ] {
            assert_eq!(RedirectUri::parse(bad), Err(RedirectUriError), "{bad}");
        }
    }

    #[test]
    fn only_the_port_of_this_machine_may_differ() {
        let check = |registered: &str, named: &str, expected: bool| {
            assert_eq!(RedirectUri::parse(registered).unwrap().is(named), expected, "{registered} {named}");
        };
        check("https://app.test/back", "https://app.test/back", true);
        for other in [
            "https://app.test/back/",
            "https://app.test/back?x",
            "https://APP.test/back",
            "https://app.test:443/back",
            "https://app.test.evil.test/back",
            "http://app.test/back",
        ] {
            check("https://app.test/back", other, false);
        }
        check("http://127.0.0.1/back", "http://127.0.0.1:51004/back", true);
        check("http://127.0.0.1:1/back", "http://127.0.0.1:2/back", true);
        check("http://127.0.0.1/back", "http://127.0.0.1:51004/other", false);
        check("http://127.0.0.1/back", "http://127.0.0.1:51004/x/../back", false);
        check("http://127.0.0.1/back", "http://127.0.0.1@evil.test/back", false);
        check("http://localhost:1/back", "http://localhost:2/back", false);
    }
}

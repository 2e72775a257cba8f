//! Web origins (RFC 6454) from which a client's browser code may call.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// A scheme, a host and a port, in the one spelling that browsers use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebOrigin(String);

/// Why a text is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an origin is https://host or https://host:port, or http for this machine (127.0.0.1, [::1], localhost), with \
     nothing behind it"
)]
pub struct WebOriginError;

impl WebOrigin {
    /// Checks a text that somebody wants to allow.
    pub fn parse(text: &str) -> Result<Self, WebOriginError> {
        let url = Url::parse(text).map_err(|_| WebOriginError)?;
        let is_safe = match (url.scheme(), url.host()) {
            ("https", Some(_)) => true,
            ("http", Some(host)) => is_this_machine(&host),
            _ => false,
        };
        let origin = url.origin().ascii_serialization();
        // Whatever else is in the text (a path, a user, a wildcard that was read as a name) is no part of an origin.
        let says_no_more = text.trim_end_matches('/').eq_ignore_ascii_case(&origin) || text == origin;
        if is_safe && says_no_more && !origin.contains('*') { Ok(Self(origin)) } else { Err(WebOriginError) }
    }

    /// Whether it is what a browser says.
    pub fn is(&self, said: &str) -> bool {
        self.0 == said
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_kept_as_browsers_spell_it() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(WebOrigin::parse(text).ok().as_ref().map(WebOrigin::as_str), expected, "{text}");
        };
        check("https://app.example", Some("https://app.example"));
        check("https://APP.example/", Some("https://app.example"));
        check("https://app.example:8443", Some("https://app.example:8443"));
        check("http://localhost:3000", Some("http://localhost:3000"));
        check("http://[::1]:3000", Some("http://[::1]:3000"));
        for bad in [
            "",
            "*",
            "null",
            "app.example",
            "http://app.example",
            "https://*.app.example",
            "https://app.example/path",
            "https://user@app.example",
            "https://app.example?x",
            "file:///",
            "data:text/html,x",
        ] {
            check(bad, None);
        }
    }
}

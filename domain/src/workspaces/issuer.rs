//! Issuers of others (a company's own identity provider) whose tokens a workspace takes, and what their claims mean.

use async_trait::async_trait;
use serde_json::{Map, Value};
use url::{Host, Url};

use crate::access::Grants;
use crate::contacts::EmailAddress;
use crate::ids::{ClientId, EntityId, IssuerId, WorkspaceId};

/// An issuer that a workspace trusts, for tokens that were made out to us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedIssuer {
    /// Its id here.
    pub id: IssuerId,
    /// Who trusts it.
    pub workspace: WorkspaceId,
    /// `iss` of its tokens, letter by letter; its metadata are below it (OpenID Connect Discovery 1.0 §4).
    pub url: String,
    /// What `aud` of its tokens must name. An id token is made out to another client and is not taken.
    pub audience: String,
    /// The claim with the scopes: a list, or a text with spaces.
    pub scope_claim: String,
    /// The most its tokens may be granted.
    pub scopes: Grants,
}

impl TrustedIssuer {
    /// Through which client its members act: one that has no other way to prove itself.
    pub fn client(&self) -> ClientId {
        ClientId::from_uuid(self.id.uuid())
    }

    /// The address of the member that a token speaks for. An issuer that lets people write any address there says so
    /// by `email_verified`, and without it nobody is believed.
    pub fn member_of(&self, claims: &Map<String, Value>) -> Option<EmailAddress> {
        let is_verified = claims.get("email_verified").is_some_and(|verified| *verified == Value::Bool(true));
        let email = claims.get("email").filter(|_| is_verified)?;
        EmailAddress::parse(email.as_str()?).ok()
    }

    /// What a token grants, within what the issuer may. Its other scopes (`openid`, those of other systems) are none
    /// of ours.
    pub fn grants_of(&self, claims: &Map<String, Value>) -> Grants {
        let named: Vec<&str> = match claims.get(&self.scope_claim) {
            Some(Value::String(text)) => text.split_ascii_whitespace().collect(),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        named.into_iter().filter_map(|scope| scope.parse().ok()).collect::<Grants>().intersection(&self.scopes)
    }

    /// Where its metadata are.
    pub fn metadata_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.url.trim_end_matches('/'))
    }
}

/// Whether a text can be an issuer: https, or http on this machine; without query and fragment (§2 of the same).
pub fn is_issuer(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_safe = match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        _ => false,
    };
    is_safe && url.query().is_none() && url.fragment().is_none() && url.username().is_empty()
}

/// JSON documents at addresses that strangers name.
#[async_trait]
pub trait Documents: Send + Sync {
    /// The document at an address, or why there is none.
    async fn fetch(&self, url: &str) -> Result<Value, String>;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn issuer() -> TrustedIssuer {
        TrustedIssuer {
            id: IssuerId::from_uuid(uuid::Uuid::nil()),
            workspace: WorkspaceId::from_uuid(uuid::Uuid::nil()),
            url: "https://id.example.com/".to_owned(),
            audience: "meridian".to_owned(),
            scope_claim: "scope".to_owned(),
            scopes: Grants::try_from("meetings:read contacts:read".to_owned()).unwrap(),
        }
    }

    /// The member and the scopes of a token with these claims.
    fn check(claims: &Value, member: Option<&str>, scopes: &str) {
        let (issuer, claims) = (issuer(), claims.as_object().unwrap());
        assert_eq!(issuer.member_of(claims).as_ref().map(EmailAddress::as_str), member, "{claims:?}");
        assert_eq!(String::from(issuer.grants_of(claims)), scopes, "{claims:?}");
    }

    #[test]
    fn claims_become_a_member_and_scopes_within_what_the_issuer_may() {
        let email = "ada@acme.example";
        check(
            &json!({"email": email, "email_verified": true, "scope": "openid meetings:read"}),
            Some(email),
            "meetings:read",
        );
        check(
            &json!({"email": email, "email_verified": true, "scope": ["contacts:read"]}),
            Some(email),
            "contacts:read",
        );
        check(&json!({"email": email, "scope": "routing:manage"}), None, "");
        check(&json!({"email": email, "email_verified": "true"}), None, "");
        check(&json!({"email": "nobody", "email_verified": true, "scope": 7}), None, "");
    }

    #[test]
    fn an_issuer_is_an_address_without_more() {
        assert_eq!(issuer().metadata_url(), "https://id.example.com/.well-known/openid-configuration");
        for good in ["https://id.example.com", "https://id.example.com/realms/a", "http://127.0.0.1:4000"] {
            assert!(is_issuer(good), "{good}");
        }
        for bad in ["http://id.example.com", "https://id.example.com?x", "https://id.example.com#x", "id", ""] {
            assert!(!is_issuer(bad), "{bad}");
        }
    }
}

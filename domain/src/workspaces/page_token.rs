//! Page tokens: what a booking page shows instead of a secret, because a browser can keep none.
//!
//! Everybody who sees the page sees the token. It is good for little: the offers it names, asked for from the sites it
//! names, so many times a minute. A program can claim to be any site; the rate and the offers bind that one too.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::access::{Grants, Permit, Scope, action};
use crate::errors::Violation;
use crate::ids::{ClientId, EntityId, MeetingTypeId, PageTokenId};
use crate::limits::{
    PAGE_TOKEN_MEETING_TYPES_MAX, PAGE_TOKEN_ORIGINS_MAX, PAGE_TOKEN_RATE_DEFAULT, PAGE_TOKEN_RATE_MAX,
    SHORT_TEXT_LENGTH_MAX,
};

/// What its owner decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageTokenSettings {
    /// What it is called in the console.
    pub name: String,
    /// The sites that may use it, as browsers write them in `Origin` (RFC 6454 §6.1).
    pub origins: Vec<String>,
    /// The offers that it opens.
    pub meeting_types: Vec<MeetingTypeId>,
    /// Root fields that all visitors together may ask for in a minute.
    pub fields_per_minute: i32,
}

/// A token that may be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageToken {
    /// Its id, which is also its text.
    pub id: PageTokenId,
    /// What its owner decided.
    pub settings: PageTokenSettings,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When it was revoked; `None` while it is good.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl PageTokenSettings {
    /// Everything that is wrong with it.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut wrong = |path: &str, message: String| found.push(Violation { path: format!("input.{path}"), message });
        if self.name.trim().is_empty() || self.name.chars().count() > SHORT_TEXT_LENGTH_MAX {
            wrong("name", format!("A name has 1 to {SHORT_TEXT_LENGTH_MAX} characters."));
        }
        if self.origins.is_empty() || self.origins.len() > PAGE_TOKEN_ORIGINS_MAX {
            wrong("origins", format!("A page token has 1 to {PAGE_TOKEN_ORIGINS_MAX} origins."));
        }
        if self.origins.iter().any(|origin| !is_origin(origin)) {
            let example = "An origin is scheme, host and port as browsers send them: `https://www.example.com`. \
                           `http` is for this machine only.";
            wrong("origins", example.to_owned());
        }
        if self.meeting_types.is_empty() || self.meeting_types.len() > PAGE_TOKEN_MEETING_TYPES_MAX {
            wrong("meetingTypeIds", format!("A page token opens 1 to {PAGE_TOKEN_MEETING_TYPES_MAX} meeting types."));
        }
        if !(1..=PAGE_TOKEN_RATE_MAX).contains(&self.fields_per_minute) {
            wrong("fieldsPerMinute", format!("A rate is 1 to {PAGE_TOKEN_RATE_MAX} a minute."));
        }
        found
    }

    /// The rate when nobody says.
    pub fn usual_rate() -> i32 {
        PAGE_TOKEN_RATE_DEFAULT
    }
}

impl PageToken {
    /// Makes one.
    pub fn create(
        _permit: &Permit<action::ManagePages>,
        id: PageTokenId,
        settings: PageTokenSettings,
        now: DateTime<Utc>,
    ) -> Self {
        let settings = PageTokenSettings { name: settings.name.trim().to_owned(), ..settings };
        Self { id, settings, created_at: now, revoked_at: None }
    }

    /// Ends it; one that has ended stays as it is.
    #[must_use]
    pub fn revoke(self, _permit: &Permit<action::ManagePages>, now: DateTime<Utc>) -> Self {
        Self { revoked_at: self.revoked_at.or(Some(now)), ..self }
    }

    /// Who acts when a visitor does: a client that has no other way to prove itself.
    pub fn client(&self) -> ClientId {
        ClientId::from_uuid(self.id.uuid())
    }

    /// Whether a request that comes from this site may use it. Browsers name the site in every POST.
    pub fn is_for(&self, origin: Option<&str>) -> bool {
        origin.is_some_and(|origin| self.settings.origins.iter().any(|known| known == origin))
    }

    /// Whether it opens an offer.
    pub fn opens(&self, meeting_type: MeetingTypeId) -> bool {
        self.settings.meeting_types.contains(&meeting_type)
    }

    /// What its visitors may do, within its offers and the fields of `access::policy::PAGE_FIELDS`.
    pub fn grants() -> Grants {
        [Scope::AvailabilityRead, Scope::FormsSubmit, Scope::MeetingsBook].into_iter().collect()
    }
}

fn is_origin(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let is_safe = match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
        ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
        ("http", Some(Host::Domain(name))) => name == "localhost",
        _ => false,
    };
    // A star is a letter like others to the parser, and means more to whoever writes it than it does.
    is_safe && !text.contains('*') && url.origin().ascii_serialization() == text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> PageTokenSettings {
        PageTokenSettings {
            name: "Website".to_owned(),
            origins: vec!["https://www.example.com".to_owned()],
            meeting_types: vec![MeetingTypeId::from_uuid(uuid::Uuid::nil())],
            fields_per_minute: 60,
        }
    }

    /// What is wrong with the usual settings after a change.
    fn check(change: impl FnOnce(&mut PageTokenSettings), expected: &[&str]) {
        let mut changed = settings();
        change(&mut changed);
        let found = changed.violations();
        assert_eq!(found.iter().map(|found| found.path.as_str()).collect::<Vec<_>>(), expected, "{changed:?}");
    }

    #[test]
    fn a_token_is_bound_to_something() {
        check(|_| {}, &[]);
        check(|settings| settings.name = "  ".to_owned(), &["input.name"]);
        check(|settings| settings.origins.clear(), &["input.origins"]);
        check(|settings| settings.meeting_types.clear(), &["input.meetingTypeIds"]);
        check(|settings| settings.fields_per_minute = 0, &["input.fieldsPerMinute"]);
        check(|settings| settings.fields_per_minute = 1_000_000, &["input.fieldsPerMinute"]);
    }

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for good in ["https://a.example", "https://a.example:8443", "http://localhost:3000", "http://127.0.0.1:8080"] {
            check(|settings| settings.origins = vec![good.to_owned()], &[]);
        }
        for bad in [
            "https://a.example/",
            "https://A.example",
            "https://a.example:443",
            "http://a.example",
            "https://user@a.example",
            "https://*.example",
            "null",
            "*",
            "",
        ] {
            check(|settings| settings.origins = vec![bad.to_owned()], &["input.origins"]);
        }
    }

    #[test]
    fn another_site_or_none_is_not_let_in() {
        let token = PageToken {
            id: PageTokenId::from_uuid(uuid::Uuid::nil()),
            settings: settings(),
            created_at: DateTime::default(),
            revoked_at: None,
        };
        assert!(token.is_for(Some("https://www.example.com")));
        for other in [None, Some("null"), Some("https://example.com"), Some("https://www.example.com.evil.test")] {
            assert!(!token.is_for(other), "{other:?}");
        }
    }
}

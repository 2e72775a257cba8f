//! OAuth scopes (RFC 6749 §3.3) and sets of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! scopes {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)+) => {
        /// What a token may be used for. One table: text, meaning and variant.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope { $($(#[doc = $doc])+ $name,)+ }

        impl Scope {
            /// Every scope there is.
            pub const ALL: &[Scope] = &[$(Scope::$name),+];

            /// The text as it stands in a token.
            pub fn as_str(self) -> &'static str {
                match self { $(Scope::$name => $text),+ }
            }

            /// What it allows, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Scope::$name => concat!($($doc),+).trim_ascii()),+ }
            }
        }
    };
}

scopes! {
    /// See meeting types, hosts' public names and free slots.
    AvailabilityRead = "availability:read";
    /// Change hosts, their schedules and busy times, and meeting types.
    AvailabilityManage = "availability:manage";
    /// Submit a form as a prospect and read what came of it.
    FormsSubmit = "forms:submit";
    /// Hold a slot and book a meeting.
    MeetingsBook = "meetings:book";
    /// Read meetings.
    MeetingsRead = "meetings:read";
    /// Reschedule and cancel meetings and record their outcome.
    MeetingsWrite = "meetings:write";
    /// Read contacts, their accounts, scores and routing decisions, without personal data.
    ContactsRead = "contacts:read";
    /// See names, e-mail addresses and phone numbers of contacts.
    ContactsPiiRead = "contacts.pii:read";
    /// Read the consent ledger.
    ConsentRead = "consent:read";
    /// Write down what a contact allows or forbids.
    ConsentWrite = "consent:write";
    /// See, make and revoke page tokens for booking pages.
    PagesManage = "pages:manage";
    /// Publish scoring models and routing rules.
    RoutingManage = "routing:manage";
    /// Read the event log and subscribe to it.
    EventsSubscribe = "events:subscribe";
    /// See deliveries, dead letters and what came in by webhook.
    DeliveriesRead = "deliveries:read";
    /// Replay dead letters, and repair or discard what is in quarantine.
    DeliveriesManage = "deliveries:manage";
    /// See connections to other systems.
    IntegrationsRead = "integrations:read";
    /// See webhook endpoints, their health and what was sent to them.
    WebhooksRead = "webhooks:read";
    /// Make, change, verify, disable and delete webhook endpoints, and rotate their secrets.
    WebhooksManage = "webhooks:manage";
    /// See and change what OAuth clients may send and from where: their registered documents and web origins.
    ClientsManage = "clients:manage";
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no scope of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

/// A set of scopes; its text form is RFC 6749's space-separated list. Every request carries one, so it is a number: a
/// bit for each scope, in the order of the table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Grants(u32);

impl Grants {
    /// Everything: for Meridian itself and for administrators.
    pub fn all() -> Self {
        Scope::ALL.iter().copied().collect()
    }

    /// Whether the scope is granted.
    pub fn allow(&self, scope: Scope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    /// The scopes, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        Scope::ALL.iter().copied().filter(|scope| self.allow(*scope))
    }

    /// What both sets grant.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether nothing is granted.
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }

    const fn bit(scope: Scope) -> u32 {
        1 << scope as u32
    }
}

impl FromIterator<Scope> for Grants {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | Self::bit(scope)))
    }
}

impl From<Grants> for String {
    fn from(grants: Grants) -> Self {
        grants.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ")
    }
}

impl TryFrom<String> for Grants {
    type Error = UnknownScope;

    fn try_from(text: String) -> Result<Self, UnknownScope> {
        text.split_ascii_whitespace().map(str::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_survives_its_text() {
        let all = Grants::all();
        assert_eq!(Grants::try_from(String::from(all.clone())), Ok(all));
    }

    #[test]
    fn each_scope_is_itself_alone() {
        for scope in Scope::ALL {
            let one: Grants = [*scope].into_iter().collect();
            assert!(one.allow(*scope) && one.iter().eq([*scope]) && !one.is_empty());
            assert_eq!(String::from(one.intersection(&Grants::all())), scope.as_str());
        }
    }

    #[test]
    fn an_unknown_scope_is_refused_not_dropped() {
        assert_eq!(Grants::try_from("meetings:read everything".to_owned()), Err(UnknownScope));
    }
}

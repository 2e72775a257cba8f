//! One entry of the consent ledger and its vocabularies.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConsentRecordId, ContactId};

/// One thing a contact allowed or forbade, with its evidence. Immutable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// The key.
    pub id: ConsentRecordId,
    /// Who.
    pub contact: ContactId,
    /// For which channel.
    pub channel: Channel,
    /// Allowed or not.
    pub permission: Permission,
    /// On which ground of the GDPR.
    pub lawful_basis: LawfulBasis,
    /// When the person said so.
    pub consent_timestamp: DateTime<Utc>,
    /// When Meridian wrote it down.
    pub recorded_at: DateTime<Utc>,
    /// Where it was said, e.g. `form:demo-request`, `crm:hubspot`, `phone call`.
    pub source: String,
    /// The words the person agreed to.
    pub wording: Option<String>,
}

/// A text enum whose stored form, JSON form and parser are one list.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$value_doc])* #[serde(rename = $text)] $value,)+
        }

        impl $name {
            /// Every value.
            pub const ALL: &[Self] = &[$(Self::$value),+];

            /// The stored text.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text),+ }
            }

            /// From the stored text.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text)
            }
        }
    };
}

vocabulary! {
    /// The grounds of lawful processing, GDPR article 6(1), in its order.
    LawfulBasis {
        /// (a) The person consented.
        Consent = "consent",
        /// (b) Needed for a contract with the person.
        Contract = "contract",
        /// (c) The law demands it.
        LegalObligation = "legal_obligation",
        /// (d) To protect somebody's life.
        VitalInterests = "vital_interests",
        /// (e) A task in the public interest.
        PublicTask = "public_task",
        /// (f) Interests that the person's own do not override.
        LegitimateInterests = "legitimate_interests",
    }
}

vocabulary! {
    /// How a contact may be reached.
    Channel {
        /// E-mail.
        Email = "email",
        /// A call.
        Phone = "phone",
        /// A text message.
        Sms = "sms",
        /// A message in an app such as WhatsApp.
        Messaging = "messaging",
        /// A letter.
        Post = "post",
    }
}

vocabulary! {
    /// What was said about a channel.
    Permission {
        /// Yes.
        Granted = "granted",
        /// No, or no longer.
        Denied = "denied",
        /// Asked, or imported, without an answer.
        NotSpecified = "not_specified",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        for value in LawfulBasis::ALL {
            assert_eq!(LawfulBasis::parse(value.as_str()), Some(*value));
            assert_eq!(serde_json::to_value(value).unwrap(), value.as_str());
        }
        for value in Channel::ALL {
            assert_eq!(Channel::parse(value.as_str()), Some(*value));
        }
        for value in Permission::ALL {
            assert_eq!(Permission::parse(value.as_str()), Some(*value));
        }
        assert_eq!(Permission::parse("yes"), None);
    }
}

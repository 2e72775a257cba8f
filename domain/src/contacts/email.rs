//! E-mail addresses as a secondary key: one spelling per mailbox.

use std::fmt;
use std::str::FromStr;

use email_address::Options;
use serde::{Deserialize, Serialize};

/// Octets of a whole address (RFC 5321 §4.5.3.1.3 as corrected by erratum 1690).
const LENGTH_MAX: usize = 254;

/// A trimmed, lower-case address with its domain in ASCII (IDNA 2008 by UTS 46): the form that is compared.
///
/// The local part is lower-cased although RFC 5321 §2.4 leaves its case to the receiver: no mailbox provider in
/// use tells `Ada@` from `ada@`, and treating them as two people is the costlier mistake. Dots and `+tags` are
/// kept, because their meaning differs by provider. Reading a normalised address again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(String);

/// Why a text is not an e-mail address. Never contains the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Longer than RFC 5321 allows.
    #[error("an e-mail address has at most 254 characters")]
    TooLong,
    /// The part after the `@` is not a domain name.
    #[error("the domain of the e-mail address is not a valid domain name")]
    Domain,
    /// Anything else: no `@`, a display name, forbidden characters.
    #[error("not an e-mail address: expected `name@domain`")]
    Syntax,
}

impl EmailAddress {
    /// Normalises and checks `text`.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let (local, domain) = text.trim().rsplit_once('@').ok_or(EmailError::Syntax)?;
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| EmailError::Domain)?;
        let address = format!("{}@{domain}", local.to_lowercase());
        if address.len() > LENGTH_MAX {
            return Err(EmailError::TooLong);
        }
        let options = Options::default().with_required_tld().without_domain_literal().without_display_text();
        email_address::EmailAddress::parse_with_options(&address, options).map_err(|_| EmailError::Syntax)?;
        Ok(Self(address))
    }

    /// The normalised text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`, in ASCII.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EmailAddress {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<&str, EmailError>) {
        assert_eq!(EmailAddress::parse(text).as_ref().map(EmailAddress::as_str), expected.as_ref().map(|text| *text));
    }

    #[test]
    fn spelling_is_made_one() {
        check("  Ada.Lovelace@Example.COM\n", Ok("ada.lovelace@example.com"));
        check("ada+fair@example.com", Ok("ada+fair@example.com"));
        check("jörg@Bücher.example", Ok("jörg@xn--bcher-kva.example"));
        check("a@xn--bcher-kva.example", Ok("a@xn--bcher-kva.example"));
        check("a@example。com", Ok("a@example.com"));
    }

    #[test]
    fn what_is_not_a_mailbox_is_refused() {
        check("", Err(EmailError::Syntax));
        check("ada", Err(EmailError::Syntax));
        check("@example.com", Err(EmailError::Syntax));
        check("Ada <ada@example.com>", Err(EmailError::Domain));
        check("ada@localhost", Err(EmailError::Syntax));
        check("ada@[192.0.2.1]", Err(EmailError::Domain));
        check("ada@exa mple.com", Err(EmailError::Domain));
        check("a b@example.com", Err(EmailError::Syntax));
        check("ada@example..com", Err(EmailError::Domain));
    }

    #[test]
    fn two_hundred_and_fifty_four_characters_are_the_most() {
        let labels = ["a".repeat(61), "b".repeat(61), "c".repeat(60)].join(".");
        let address = |local: usize| format!("{}@{labels}.com", "x".repeat(local));
        assert_eq!(address(64).len(), 253);
        assert!(EmailAddress::parse(&address(64)).is_ok());
        let longer = address(64).replace(".com", ".info1");
        assert_eq!((longer.len(), EmailAddress::parse(&longer)), (255, Err(EmailError::TooLong)));
    }

    #[test]
    fn the_domain_is_what_follows_the_at() {
        assert_eq!(EmailAddress::parse("a@Mail.Example.org").unwrap().domain(), "mail.example.org");
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(local in "\\PC{1,20}", domain in "[\\PC]{1,10}\\.[a-z]{2,6}") {
            if let Ok(once) = EmailAddress::parse(&format!("{local}@{domain}")) {
                prop_assert_eq!(EmailAddress::parse(once.as_str()), Ok(once));
            }
        }
    }
}

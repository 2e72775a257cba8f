//! The account, and the secondary key under which contacts find it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::is_free_mail;
use crate::contacts::{EmailAddress, company_key, tidy};
use crate::ids::{AccountId, HostId};

/// A company that contacts belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The key: never changes, and nothing else is one.
    pub id: AccountId,
    /// For display.
    pub name: String,
    /// The e-mail domain of its people, when it has one of its own.
    pub domain: Option<String>,
    /// The name as it is compared.
    pub name_key: Option<String>,
    /// Who looks after this account.
    pub owner: Option<HostId>,
    /// When Meridian first heard of it.
    pub created_at: DateTime<Utc>,
    /// When a field last changed.
    pub updated_at: DateTime<Utc>,
    /// Counts changes, from 1; for optimistic concurrency.
    pub version: i64,
}

/// What an account is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "by", content = "key", rename_all = "snake_case")]
pub enum AccountKey {
    /// The domain of a company mailbox. As it stands: `eu.engines.example` and `engines.example` are two accounts,
    /// because which label is the company's own cannot be told without the Public Suffix List.
    Domain(String),
    /// The folded company name, for people who write from a free mailbox or have given no address.
    Name(String),
}

impl AccountKey {
    /// The account of somebody with this address and company name. `None` for a private person.
    pub fn of(email: Option<&EmailAddress>, company_name: Option<&str>) -> Option<Self> {
        let own_domain = email.map(EmailAddress::domain).filter(|domain| !is_free_mail(domain));
        match own_domain {
            Some(domain) => Some(Self::Domain(domain.to_owned())),
            None => company_name.and_then(company_key).map(Self::Name),
        }
    }
}

impl Account {
    /// A new account for `key`, called by the company name that came with it, else by its key.
    pub fn found(id: AccountId, key: &AccountKey, company_name: Option<&str>, now: DateTime<Utc>) -> Self {
        let (AccountKey::Domain(spare) | AccountKey::Name(spare)) = key;
        let name = company_name.and_then(tidy).unwrap_or_else(|| spare.clone());
        let domain = match key {
            AccountKey::Domain(domain) => Some(domain.clone()),
            AccountKey::Name(_) => None,
        };
        let name_key = company_name.and_then(company_key);
        Self { id, name, domain, name_key, owner: None, created_at: now, updated_at: now, version: 1 }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::EntityId;

    fn check(email: &str, company: Option<&str>, expected: Option<&AccountKey>) {
        assert_eq!(AccountKey::of(EmailAddress::parse(email).ok().as_ref(), company).as_ref(), expected);
    }

    #[test]
    fn a_company_mailbox_names_its_account() {
        check("ada@Engines.example", Some("Looms"), Some(&AccountKey::Domain("engines.example".to_owned())));
    }

    #[test]
    fn a_free_mailbox_leaves_it_to_the_company_name() {
        check("ada@gmail.com", Some("Engines Ltd"), Some(&AccountKey::Name("engines".to_owned())));
        check("ada@gmail.com", None, None);
        check("", Some("ENGINES"), Some(&AccountKey::Name("engines".to_owned())));
    }

    #[test]
    fn an_account_is_called_what_its_people_call_it() {
        let id = AccountId::from_uuid(Uuid::from_u128(1));
        let key = AccountKey::Domain("engines.example".to_owned());
        let named = Account::found(id, &key, Some(" Analytical  Engines Ltd "), DateTime::UNIX_EPOCH);
        assert_eq!(
            (named.name.as_str(), named.name_key.as_deref()),
            ("Analytical Engines Ltd", Some("analytical engines"))
        );
        assert_eq!(Account::found(id, &key, None, DateTime::UNIX_EPOCH).name, "engines.example");
    }
}

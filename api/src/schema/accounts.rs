//! Accounts.

use async_graphql::{ID, SimpleObject};
use domain::accounts::Account;

/// A company that contacts belong to.
#[derive(SimpleObject)]
#[graphql(name = "Account")]
pub(crate) struct AccountObject {
    /// Its id.
    id: ID,
    /// Its name.
    name: String,
    /// The e-mail domain of its people, when it has one of its own.
    domain: Option<String>,
}

impl From<Account> for AccountObject {
    fn from(account: Account) -> Self {
        Self { id: ID(account.id.to_string()), name: account.name, domain: account.domain }
    }
}

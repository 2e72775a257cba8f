//! Accounts, found by the one key they are matched with.

use domain::accounts::{Account, AccountKey};
use domain::ids::{AccountId, EntityId};
use sea_orm::entity::prelude::*;

use crate::convert::{from_json, to_json};
use crate::table::{find_all, insert, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

tenant_table!(account = "accounts" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    match_key: String,
    account: Json,
    created_at: DateTimeUtc,
});

/// The key as it is stored and locked: domains and names never meet.
pub fn match_key(key: &AccountKey) -> String {
    match key {
        AccountKey::Domain(domain) => format!("domain:{domain}"),
        AccountKey::Name(name) => format!("name:{name}"),
    }
}

/// The account that a key names.
pub async fn find_by_key(tx: &Tx, key: &AccountKey) -> Result<Option<Account>, StoreError> {
    let found = rows::<account::Entity>(tx).filter(account::Column::MatchKey.eq(match_key(key))).one(&tx.conn).await?;
    found.map(|row| from_json(row.account)).transpose()
}

/// Accounts by their ids; unknown ids are left out.
pub async fn find_accounts(scope: &impl Scope, ids: &[AccountId]) -> Result<Vec<Account>, StoreError> {
    let found = find_all::<account::Entity>(scope, ids.iter().map(|id| id.uuid())).await?;
    found.into_iter().map(|row| from_json(row.account)).collect()
}

/// Writes a new account.
pub async fn insert_account(tx: &Tx, key: &AccountKey, value: &Account) -> Result<(), StoreError> {
    insert::<account::Entity>(
        tx,
        account::Model {
            id: value.id.uuid(),
            workspace_id: workspace_of(tx),
            match_key: match_key(key),
            account: to_json(value)?,
            created_at: value.created_at,
        },
    )
    .await
}

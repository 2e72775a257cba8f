//! Meeting somebody: who they already are, or that they are new.
//!
//! Reading and writing are apart, so that a command can still refuse in between. The keys are locked first: two forms
//! of one new person at once must become one contact.

use chrono::{DateTime, Utc};
use domain::accounts::{Account, AccountKey};
use domain::contacts::{Contact, LeadFacts, LeadKeys, Resolution, merge_into, resolve};
use domain::events::Fact;
use domain::operation::Operation;
use persistence::{StoreError, Tx, accounts, contacts, events};

/// A contact before it is written.
pub(crate) struct Met {
    /// As it will be.
    pub contact: Contact,
    /// How it was found; `None` when the caller named it.
    pub resolution: Option<Resolution>,
    known: Option<Contact>,
    new_account: Option<(AccountKey, Account)>,
}

/// Finds the contact that facts stated at an instant belong to, locked, with the facts taken in; or a new one.
pub(crate) async fn meet(
    tx: &Tx,
    operation: &Operation,
    (facts, stated_at): (&LeadFacts, DateTime<Utc>),
) -> Result<Met, StoreError> {
    let keys = facts.keys();
    tx.lock_names(&names(&keys)).await?;
    let resolution = resolve(&keys, &contacts::candidates(tx, &keys).await?);
    let known = match resolution.contact {
        Some(id) => contacts::lock_contact(tx, id).await?,
        None => None,
    };
    let mut contact = known.clone().unwrap_or_else(|| Contact::blank(operation.new_id(), operation.now));
    // A speaker's clock may be ahead of ours; what is said for later would outrank every later word.
    merge_into(&mut contact, facts, stated_at.min(operation.now));
    let mut new_account = None;
    if let (None, Some(key)) = (contact.account, AccountKey::of(facts.email.as_ref(), facts.company_name.as_deref())) {
        let account = if let Some(account) = known_account(tx, &key).await? {
            account
        } else {
            let account = Account::found(operation.new_id(), &key, facts.company_name.as_deref(), operation.now);
            new_account = Some((key, account.clone()));
            account
        };
        contact.account = Some(account.id);
    }
    Ok(Met { contact, resolution: Some(resolution), known, new_account })
}

/// The account of a key; when there is none, the key is locked for the one who founds it. Accounts never go away, so
/// those who find one need not wait for each other: colleagues book at the same time.
async fn known_account(tx: &Tx, key: &AccountKey) -> Result<Option<Account>, StoreError> {
    if let Some(account) = accounts::find_by_key(tx, key).await? {
        return Ok(Some(account));
    }
    tx.lock_names(&[format!("account/{}", accounts::match_key(key))]).await?;
    accounts::find_by_key(tx, key).await
}

impl Met {
    /// A contact that the caller named, already locked.
    pub(crate) fn known(contact: Contact) -> Self {
        Self { known: Some(contact.clone()), contact, resolution: None, new_account: None }
    }

    /// The contact as it was before, if it was known.
    pub(crate) fn before(&self) -> Option<&Contact> {
        self.known.as_ref()
    }

    /// Writes what changed, with its fact. Nothing changed: nothing is written.
    pub(crate) async fn write(self, tx: &Tx, operation: &Operation) -> Result<Contact, StoreError> {
        if let Some((key, account)) = &self.new_account {
            accounts::insert_account(tx, key, account).await?;
        }
        let mut contact = self.contact;
        match self.known {
            None => {
                contact.version = 1;
                contacts::insert_contact(tx, &contact).await?;
                let fact = Fact::ContactCreated { contact: contact.id, version: contact.version };
                events::append(tx, operation, &fact).await?;
            }
            Some(known) if known != contact => {
                contact.version = known.version + 1;
                contact.updated_at = operation.now;
                contacts::replace_contact(tx, &contact).await?;
                let fact = Fact::ContactUpdated { contact: contact.id, version: contact.version };
                events::append(tx, operation, &fact).await?;
            }
            Some(_) => {}
        }
        Ok(contact)
    }
}

fn names(keys: &LeadKeys) -> Vec<String> {
    let keys = [
        keys.email.as_ref().map(|email| format!("contact/email/{}", email.as_str())),
        keys.phone.as_ref().map(|phone| format!("contact/phone/{}", phone.as_str())),
        keys.name_and_company().map(|key| format!("contact/name/{key}")),
    ];
    keys.into_iter().flatten().collect()
}

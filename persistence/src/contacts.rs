//! Contacts, found by their keys in their one compared spelling.

use chrono::{DateTime, Utc};
use domain::contacts::{Candidate, Contact, EmailAddress, LeadKeys, Lifecycle, PhoneNumber};
use domain::ids::{AccountId, ContactId, EntityId, HostId};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use crate::convert::{from_json, from_text, to_json, to_text};
use crate::table::{LOCK, find, find_all, insert, replace, rows, tenant_table, workspace_of};
use crate::{Scope, StoreError, Tx};

/// More contacts than this with one key are a fault of the data, or a switchboard; the oldest ones are compared.
const CANDIDATES_MAX: u64 = 50;

tenant_table!(contact = "contacts" {
    #[sea_orm(primary_key, auto_increment = false)]
    id: Uuid,
    workspace_id: Uuid,
    email: Option<String>,
    phone: Option<String>,
    name_company_key: Option<String>,
    details: Json,
    account_id: Option<Uuid>,
    owner_id: Option<Uuid>,
    lifecycle: String,
    attribution: Json,
    score: Option<i32>,
    score_version: Option<i32>,
    mql_at: Option<DateTimeUtc>,
    created_at: DateTimeUtc,
    updated_at: DateTimeUtc,
    version: i64,
});

/// What is known about a person beyond the keys.
#[derive(Serialize, Deserialize)]
struct Details {
    given_name: Option<String>,
    family_name: Option<String>,
    company_name: Option<String>,
    job_title: Option<String>,
    country: Option<domain::contacts::CountryCode>,
    #[serde(default)]
    touched_at: Option<DateTime<Utc>>,
    #[serde(default)]
    heard_at: Option<DateTime<Utc>>,
}

/// Which contacts of a list are wanted. Everything that is `None` does not limit.
#[derive(Debug, Clone, Default)]
pub struct ContactFilter {
    /// With this address.
    pub email: Option<EmailAddress>,
    /// With this owner.
    pub owner: Option<HostId>,
    /// At this stage.
    pub lifecycle: Option<Lifecycle>,
}

/// One contact.
pub async fn find_contact(scope: &impl Scope, id: ContactId) -> Result<Option<Contact>, StoreError> {
    find::<contact::Entity>(scope, id.uuid()).await?.map(TryInto::try_into).transpose()
}

/// One contact, locked for the rest of the transaction.
pub async fn lock_contact(tx: &Tx, id: ContactId) -> Result<Option<Contact>, StoreError> {
    let found = rows::<contact::Entity>(tx).filter(contact::Column::Id.eq(id.uuid())).lock(LOCK).one(&tx.conn).await?;
    found.map(TryInto::try_into).transpose()
}

/// Contacts by their ids; unknown ids are left out.
pub async fn find_contacts(scope: &impl Scope, ids: &[ContactId]) -> Result<Vec<Contact>, StoreError> {
    let found = find_all::<contact::Entity>(scope, ids.iter().map(|id| id.uuid())).await?;
    found.into_iter().map(TryInto::try_into).collect()
}

/// The contacts that share at least one key with an incoming lead: of each key the oldest, so that a number that many
/// share cannot hide the one with the same address.
pub async fn candidates(tx: &Tx, keys: &LeadKeys) -> Result<Vec<Candidate>, StoreError> {
    let email = keys.email.as_ref().map(|email| contact::Column::Email.eq(email.as_str()));
    let phone = keys.phone.as_ref().map(|phone| contact::Column::Phone.eq(phone.as_str()));
    let name = keys.name_and_company().map(|key| contact::Column::NameCompanyKey.eq(key));
    let mut candidates = Vec::new();
    for key in [email, phone, name].into_iter().flatten() {
        let found = rows::<contact::Entity>(tx)
            .filter(key)
            .order_by_asc(contact::Column::CreatedAt)
            .order_by_asc(contact::Column::Id)
            .limit(CANDIDATES_MAX)
            .all(&tx.conn)
            .await?;
        for row in found {
            let contact: Contact = row.try_into()?;
            candidates.push(Candidate { id: contact.id, created_at: contact.created_at, keys: contact.keys() });
        }
    }
    Ok(candidates)
}

/// A page of contacts, newest first, after the contact `after`.
pub async fn list_contacts(
    scope: &impl Scope,
    filter: &ContactFilter,
    after: Option<ContactId>,
    limit: u64,
) -> Result<Vec<Contact>, StoreError> {
    let mut query = rows::<contact::Entity>(scope).order_by_desc(contact::Column::Id).limit(limit);
    if let Some(email) = &filter.email {
        query = query.filter(contact::Column::Email.eq(email.as_str()));
    }
    if let Some(owner) = filter.owner {
        query = query.filter(contact::Column::OwnerId.eq(owner.uuid()));
    }
    if let Some(lifecycle) = filter.lifecycle {
        query = query.filter(contact::Column::Lifecycle.eq(lifecycle.as_str()));
    }
    if let Some(after) = after {
        query = query.filter(contact::Column::Id.lt(after.uuid()));
    }
    query.all(scope.conn()).await?.into_iter().map(TryInto::try_into).collect()
}

/// Writes a new contact.
pub async fn insert_contact(tx: &Tx, value: &Contact) -> Result<(), StoreError> {
    insert::<contact::Entity>(tx, row(tx, value)?).await
}

/// Writes a known contact anew.
pub async fn replace_contact(tx: &Tx, value: &Contact) -> Result<(), StoreError> {
    replace::<contact::Entity>(tx, row(tx, value)?).await
}

fn row(tx: &Tx, value: &Contact) -> Result<contact::Model, StoreError> {
    let details = Details {
        given_name: value.given_name.clone(),
        family_name: value.family_name.clone(),
        company_name: value.company_name.clone(),
        job_title: value.job_title.clone(),
        country: value.country,
        touched_at: value.touched_at,
        heard_at: value.heard_at,
    };
    Ok(contact::Model {
        id: value.id.uuid(),
        workspace_id: workspace_of(tx),
        email: value.email.as_ref().map(|email| email.as_str().to_owned()),
        phone: value.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        name_company_key: value.keys().name_and_company(),
        details: to_json(&details)?,
        account_id: value.account.map(EntityId::uuid),
        owner_id: value.owner.map(EntityId::uuid),
        lifecycle: to_text(&value.lifecycle)?,
        attribution: to_json(&value.attribution)?,
        score: value.score,
        score_version: value.score_version,
        mql_at: value.mql_at,
        created_at: value.created_at,
        updated_at: value.updated_at,
        version: value.version,
    })
}

impl TryFrom<contact::Model> for Contact {
    type Error = StoreError;

    fn try_from(row: contact::Model) -> Result<Self, StoreError> {
        let details: Details = from_json(row.details)?;
        let email: Option<EmailAddress> = row.email.map(|text| from_text(&text)).transpose()?;
        let phone: Option<PhoneNumber> = row.phone.map(|text| from_text(&text)).transpose()?;
        Ok(Self {
            id: ContactId::from_uuid(row.id),
            email,
            phone,
            given_name: details.given_name,
            family_name: details.family_name,
            company_name: details.company_name,
            job_title: details.job_title,
            country: details.country,
            account: row.account_id.map(AccountId::from_uuid),
            owner: row.owner_id.map(HostId::from_uuid),
            lifecycle: from_text(&row.lifecycle)?,
            attribution: from_json(row.attribution)?,
            touched_at: details.touched_at,
            heard_at: details.heard_at,
            score: row.score,
            score_version: row.score_version,
            mql_at: row.mql_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        })
    }
}

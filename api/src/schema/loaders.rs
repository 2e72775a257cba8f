//! Batched reads: one statement per kind of thing and request, however many objects refer to it.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use domain::accounts::Account;
use domain::contacts::Contact;
use domain::ids::{AccountId, ContactId, HostId, MeetingId, MeetingTypeId};
use domain::integrations::EntityLink;
use domain::meetings::{Meeting, MeetingType};
use domain::workspaces::Host;
use persistence::{Reader, StoreError};

/// Reads of one workspace, in batches.
pub(crate) struct Reads(pub Reader);

/// A loader's fault, shared by everybody who waits for the batch.
pub(crate) type Shared = Arc<StoreError>;

macro_rules! load_by_id {
    ($id:ty => $value:ty, $read:path) => {
        impl Loader<$id> for Reads {
            type Value = $value;
            type Error = Shared;

            async fn load(&self, ids: &[$id]) -> Result<HashMap<$id, $value>, Shared> {
                let found = $read(&self.0, ids).await.map_err(Arc::new)?;
                Ok(found.into_iter().map(|value| (value.id, value)).collect())
            }
        }
    };
}

load_by_id!(HostId => Host, persistence::availability::find_hosts);
load_by_id!(MeetingTypeId => MeetingType, persistence::availability::find_meeting_types);
load_by_id!(ContactId => Contact, persistence::contacts::find_contacts);
load_by_id!(AccountId => Account, persistence::accounts::find_accounts);
load_by_id!(MeetingId => Meeting, persistence::meetings::find_meetings);

/// The links of an entity, by its id's text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct LinksOf(pub String);

impl Loader<LinksOf> for Reads {
    type Value = Vec<EntityLink>;
    type Error = Shared;

    async fn load(&self, keys: &[LinksOf]) -> Result<HashMap<LinksOf, Vec<EntityLink>>, Shared> {
        let entities: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
        let links = persistence::integrations::links_of(&self.0, &entities).await.map_err(Arc::new)?;
        let mut found: HashMap<LinksOf, Vec<EntityLink>> = HashMap::new();
        for link in links {
            found.entry(LinksOf(link.entity.clone())).or_default().push(link);
        }
        Ok(found)
    }
}

//! Reading contacts.

use async_graphql::connection::Connection;
use async_graphql::{Context, ID, InputObject, Object, Result};
use domain::access::policy::rule;
use domain::contacts::EmailAddress;
use domain::ids::ContactId;
use persistence::contacts::{ContactFilter, find_contact, list_contacts};

use super::super::errors::{denied, internal};
use super::super::paging::{List, Page};
use super::super::request::RequestScope;
use super::contact::{ContactObject, LifecycleEnum};

/// Which contacts are wanted. What is not given does not limit.
#[derive(InputObject, Default)]
pub(crate) struct ContactFilterInput {
    /// With this address. Needs `contacts.pii:read`: it would tell who is known.
    email: Option<String>,
    /// With this owner.
    owner_id: Option<ID>,
    /// At this stage.
    lifecycle: Option<LifecycleEnum>,
}

#[derive(Default)]
pub(crate) struct ContactsQuery;

#[Object]
impl ContactsQuery {
    /// One contact. Needs `contacts:read`.
    async fn contact(&self, ctx: &Context<'_>, id: ID) -> Result<Option<ContactObject>> {
        let Ok(id) = id.parse::<ContactId>() else { return Ok(None) };
        Ok(find_contact(&RequestScope::of(ctx).reader(), id).await.map_err(internal)?.map(ContactObject))
    }

    /// Contacts, newest first. Needs `contacts:read`.
    #[graphql(complexity = "5 + first.max(1) as usize * child_complexity / 4")]
    async fn contacts(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "How many, 1–100.")] first: i32,
        #[graphql(desc = "The cursor of the contact before.")] after: Option<String>,
        #[graphql(default)] filter: ContactFilterInput,
    ) -> Result<Connection<String, ContactObject>> {
        let request = RequestScope::of(ctx);
        let email = const { rule("ContactFilterInput.email") };
        if filter.email.is_some() && !request.sees(email) {
            return Err(denied(email));
        }
        let filter = read(filter);
        let list = List::new(request, "contacts", &filter);
        let page = Page::new(&list, first, after.as_deref())?;
        let rows = match &filter {
            Some(filter) => list_contacts(&request.reader(), filter, page.after_id::<ContactId>(), page.limit())
                .await
                .map_err(internal)?,
            None => Vec::new(),
        };
        Ok(list.connection(&page, rows, |contact| contact.id.to_string(), ContactObject))
    }
}

/// The store's filter; `None` when something in it names nothing, so that nothing is found.
fn read(input: ContactFilterInput) -> Option<ContactFilter> {
    Some(ContactFilter {
        email: input.email.map(|text| EmailAddress::parse(&text)).transpose().ok()?,
        owner: input.owner_id.map(|id| id.parse()).transpose().ok()?,
        lifecycle: input.lifecycle.map(Into::into),
    })
}

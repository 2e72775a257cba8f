//! Reading meetings.

use async_graphql::connection::Connection;
use async_graphql::{Context, ID, InputObject, Object, Result};
use domain::ids::MeetingId;
use persistence::meetings::{MeetingFilter, find_meeting, list_meetings};

use super::super::errors::internal;
use super::super::paging::{List, Page};
use super::super::request::RequestScope;
use super::super::scalars::DateTime;
use super::meeting::{MeetingObject, MeetingStatusEnum};

/// Which meetings are wanted. What is not given does not limit.
#[derive(InputObject, Default)]
pub(crate) struct MeetingFilterInput {
    /// In this status.
    status: Option<MeetingStatusEnum>,
    /// With this host.
    host_id: Option<ID>,
    /// With this contact.
    contact_id: Option<ID>,
    /// Starting at this instant or later.
    starts_from: Option<DateTime>,
    /// Starting before this instant.
    starts_until: Option<DateTime>,
}

impl MeetingFilterInput {
    /// The store's filter; `None` when an id in it names nothing, so that nothing is found.
    fn read(self) -> Option<MeetingFilter> {
        Some(MeetingFilter {
            status: self.status.map(Into::into),
            host: self.host_id.map(|id| id.parse()).transpose().ok()?,
            contact: self.contact_id.map(|id| id.parse()).transpose().ok()?,
            starts_from: self.starts_from.map(|at| at.0),
            starts_until: self.starts_until.map(|at| at.0),
        })
    }
}

/// A page of meetings, newest booking first.
pub(crate) async fn page(
    request: &RequestScope,
    filter: Option<MeetingFilter>,
    (first, after): (i32, Option<String>),
) -> Result<Connection<String, MeetingObject>> {
    let list = List::new(request, "meetings", &filter);
    let page = Page::new(&list, first, after.as_deref())?;
    let rows = match &filter {
        Some(filter) => {
            let after: Option<MeetingId> = page.after_id();
            list_meetings(&request.reader(), filter, after, page.limit()).await.map_err(internal)?
        }
        None => Vec::new(),
    };
    Ok(list.connection(&page, rows, |meeting| meeting.id.to_string(), MeetingObject))
}

#[derive(Default)]
pub(crate) struct MeetingsQuery;

#[Object]
impl MeetingsQuery {
    /// One meeting. Needs `meetings:read`.
    async fn meeting(&self, ctx: &Context<'_>, id: ID) -> Result<Option<MeetingObject>> {
        let Ok(id) = id.parse::<MeetingId>() else { return Ok(None) };
        Ok(find_meeting(&RequestScope::of(ctx).reader(), id).await.map_err(internal)?.map(MeetingObject))
    }

    /// Meetings, newest booking first. Needs `meetings:read`.
    #[graphql(complexity = "5 + first.max(1) as usize * child_complexity / 4")]
    async fn meetings(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "How many, 1–100.")] first: i32,
        #[graphql(desc = "The cursor of the meeting before.")] after: Option<String>,
        #[graphql(default)] filter: MeetingFilterInput,
    ) -> Result<Connection<String, MeetingObject>> {
        page(RequestScope::of(ctx), filter.read(), (first, after)).await
    }
}

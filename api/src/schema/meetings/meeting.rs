//! The meeting as callers see it.

use async_graphql::{Context, Enum, ID, Object, Result};
use domain::meetings::{Meeting, MeetingStatus};

use super::super::availability::MeetingTypeObject;
use super::super::contacts::{AttributionObject, ContactObject};
use super::super::integrations::CrmRecord;
use super::super::request::{loader, sees};
use super::super::scalars::{DateTime, TimeZone};
use super::super::workspaces::{HostObject, shared};

/// Where a meeting is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "MeetingStatus", remote = "MeetingStatus")]
pub(crate) enum MeetingStatusEnum {
    /// Agreed; it takes the host's time.
    Confirmed,
    /// Called off.
    Cancelled,
    /// It took place.
    Completed,
    /// The contact did not come.
    NoShow,
}

#[derive(Debug, Clone)]
pub(crate) struct MeetingObject(pub Meeting);

/// One agreed appointment.
#[Object(name = "Meeting")]
impl MeetingObject {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// What it is called in calendars and in the CRM.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Start, UTC.
    async fn starts_at(&self) -> DateTime {
        DateTime(self.0.starts_at)
    }

    /// End, UTC.
    async fn ends_at(&self) -> DateTime {
        DateTime(self.0.ends_at)
    }

    /// The zone the contact booked in.
    async fn contact_time_zone(&self) -> TimeZone {
        TimeZone(self.0.contact_zone)
    }

    /// The zone of the host's schedule at booking.
    async fn host_time_zone(&self) -> TimeZone {
        TimeZone(self.0.host_zone)
    }

    /// Where it is in its life.
    async fn status(&self) -> MeetingStatusEnum {
        self.0.status.into()
    }

    /// Where it takes place: a link or an address.
    async fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }

    /// iCalendar UID (RFC 5545): the same through every reschedule.
    async fn calendar_uid(&self) -> &str {
        &self.0.calendar_uid
    }

    /// iCalendar SEQUENCE (RFC 5545): grows with each reschedule and with the cancellation.
    async fn sequence(&self) -> i32 {
        self.0.sequence
    }

    /// Grows with every change; for `expectedVersion`.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// When it was booked.
    async fn booked_at(&self) -> DateTime {
        DateTime(self.0.booked_at)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// What the contact wrote when booking. Null without `contacts.pii:read`.
    async fn note(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.note.as_deref().filter(|_| sees!(ctx, "Meeting.note"))
    }

    /// Why it was called off. Null without `contacts.pii:read`.
    async fn cancel_reason(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.cancel_reason.as_deref().filter(|_| sees!(ctx, "Meeting.cancelReason"))
    }

    /// How the contact came here. Null without `contacts:read`.
    async fn attribution(&self, ctx: &Context<'_>) -> Option<AttributionObject> {
        sees!(ctx, "Meeting.attribution").then(|| AttributionObject(self.0.attribution.clone()))
    }

    /// Who is booked.
    async fn host(&self, ctx: &Context<'_>) -> Result<Option<HostObject>> {
        HostObject::load(ctx, self.0.host).await
    }

    /// The person met. Null without `contacts:read`.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<ContactObject>> {
        if !sees!(ctx, "Meeting.contact") {
            return Ok(None);
        }
        ContactObject::load(ctx, self.0.contact).await
    }

    /// The offer it came from.
    async fn meeting_type(&self, ctx: &Context<'_>) -> Result<Option<MeetingTypeObject>> {
        Ok(loader(ctx).load_one(self.0.meeting_type).await.map_err(shared)?.map(MeetingTypeObject))
    }

    /// The CRM's records of it, as far as the CRM has confirmed them.
    async fn crm_records(&self, ctx: &Context<'_>) -> Result<Vec<CrmRecord>> {
        CrmRecord::of(ctx, sees!(ctx, "Meeting.crmRecords").then(|| self.0.id.to_string())).await
    }
}

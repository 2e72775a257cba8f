//! The contact as callers see it. Personal data needs a permission of its own, field by field.

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, Object, Result};
use domain::consent::current;
use domain::contacts::{Contact, CountryCode, EmailAddress, Lifecycle, PhoneNumber};
use domain::ids::ContactId;
use persistence::meetings::MeetingFilter;
use persistence::{activities, consent, routing};

use super::super::accounts::AccountObject;
use super::super::activities::ActivityObject;
use super::super::consent::{ConsentRecordObject, ConsentStatusObject};
use super::super::errors::internal;
use super::super::integrations::CrmRecord;
use super::super::meetings::{MeetingObject, page};
use super::super::request::{RequestScope, loader, sees};
use super::super::routing::{RoutingDecisionObject, TaskObject};
use super::super::scalars::DateTime;
use super::super::workspaces::{HostObject, shared};
use super::AttributionObject;

/// Rows of a contact that are shown without paging.
const RECENT: u64 = 50;

/// How far a contact has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "Lifecycle", remote = "Lifecycle")]
pub(crate) enum LifecycleEnum {
    /// Known.
    Lead,
    /// Marketing qualified.
    Mql,
    /// Sales qualified.
    Sql,
    /// Bought.
    Customer,
}

#[derive(Debug, Clone)]
pub(crate) struct ContactObject(pub Contact);

impl ContactObject {
    /// The contact, if the caller may see contacts at all.
    pub(crate) async fn load(ctx: &Context<'_>, id: ContactId) -> Result<Option<Self>> {
        if !sees!(ctx, "Contact") {
            return Ok(None);
        }
        Ok(loader(ctx).load_one(id).await.map_err(shared)?.map(Self))
    }
}

/// A person met.
#[Object(name = "Contact")]
impl ContactObject {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Grows with every change.
    async fn version(&self) -> i64 {
        self.0.version
    }

    /// E-mail address, normalised. Null without `contacts.pii:read`.
    async fn email(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.email.as_ref().map(EmailAddress::as_str).filter(|_| sees!(ctx, "Contact.email"))
    }

    /// Phone number, E.164. Null without `contacts.pii:read`.
    async fn phone(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.phone.as_ref().map(PhoneNumber::as_str).filter(|_| sees!(ctx, "Contact.phone"))
    }

    /// Given name. Null without `contacts.pii:read`.
    async fn given_name(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.given_name.as_deref().filter(|_| sees!(ctx, "Contact.givenName"))
    }

    /// Family name. Null without `contacts.pii:read`.
    async fn family_name(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.family_name.as_deref().filter(|_| sees!(ctx, "Contact.familyName"))
    }

    /// Name of the employer.
    async fn company_name(&self) -> Option<&str> {
        self.0.company_name.as_deref()
    }

    /// Job title.
    async fn job_title(&self) -> Option<&str> {
        self.0.job_title.as_deref()
    }

    /// ISO 3166-1 alpha-2.
    async fn country(&self) -> Option<&str> {
        self.0.country.map(CountryCode::as_str)
    }

    /// How far the contact has come.
    async fn lifecycle(&self) -> LifecycleEnum {
        self.0.lifecycle.into()
    }

    /// Points by the scoring model of `scoreModelVersion`.
    async fn score(&self) -> Option<i32> {
        self.0.score
    }

    /// The version of the model that gave `score`.
    async fn score_model_version(&self) -> Option<i32> {
        self.0.score_version
    }

    /// When the contact reached the threshold for the first time.
    async fn mql_at(&self) -> Option<DateTime> {
        self.0.mql_at.map(DateTime)
    }

    /// First and latest touch.
    async fn attribution(&self) -> AttributionObject {
        AttributionObject(self.0.attribution.clone())
    }

    /// When Meridian first heard of the contact.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When a field last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// Who looks after the contact.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<HostObject>> {
        match self.0.owner {
            Some(owner) => HostObject::load(ctx, owner).await,
            None => Ok(None),
        }
    }

    /// The company.
    async fn account(&self, ctx: &Context<'_>) -> Result<Option<AccountObject>> {
        match self.0.account {
            Some(id) => Ok(loader(ctx).load_one(id).await.map_err(shared)?.map(Into::into)),
            None => Ok(None),
        }
    }

    /// The newest routing decision, with its reasons.
    async fn routing_decision(&self, ctx: &Context<'_>) -> Result<Option<RoutingDecisionObject>> {
        let found = routing::latest_decision(&RequestScope::of(ctx).reader(), self.0.id).await.map_err(internal)?;
        Ok(found.map(RoutingDecisionObject))
    }

    /// The owner's tasks about the contact, newest first, 50 at most.
    async fn tasks(&self, ctx: &Context<'_>) -> Result<Vec<TaskObject>> {
        let found = routing::tasks_of(&RequestScope::of(ctx).reader(), self.0.id, RECENT).await.map_err(internal)?;
        Ok(found.into_iter().map(TaskObject).collect())
    }

    /// What the contact did, newest first, 50 at most.
    async fn activities(&self, ctx: &Context<'_>) -> Result<Vec<ActivityObject>> {
        let found = activities::activities_of(&RequestScope::of(ctx).reader(), self.0.id, RECENT).await;
        Ok(found.map_err(internal)?.into_iter().map(ActivityObject).collect())
    }

    /// The consent ledger of the contact, oldest first. Null without `consent:read`.
    async fn consents(&self, ctx: &Context<'_>) -> Result<Option<Vec<ConsentRecordObject>>> {
        if !sees!(ctx, "Contact.consents") {
            return Ok(None);
        }
        let found = consent::records_of(&RequestScope::of(ctx).reader(), self.0.id).await.map_err(internal)?;
        Ok(Some(found.into_iter().map(Into::into).collect()))
    }

    /// What the contact allows now, by channel. Null without `consent:read`.
    async fn consent_status(&self, ctx: &Context<'_>) -> Result<Option<Vec<ConsentStatusObject>>> {
        if !sees!(ctx, "Contact.consentStatus") {
            return Ok(None);
        }
        let found = consent::records_of(&RequestScope::of(ctx).reader(), self.0.id).await.map_err(internal)?;
        Ok(Some(current(&found).into_iter().map(Into::into).collect()))
    }

    /// The contact's meetings, newest booking first. Null without `meetings:read`.
    async fn meetings(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "How many, 1–100.")] first: i32,
        #[graphql(desc = "The cursor of the meeting before.")] after: Option<String>,
    ) -> Result<Option<Connection<String, MeetingObject>>> {
        if !sees!(ctx, "Contact.meetings") {
            return Ok(None);
        }
        let filter = MeetingFilter { contact: Some(self.0.id), ..MeetingFilter::default() };
        page(RequestScope::of(ctx), Some(filter), (first, after)).await.map(Some)
    }

    /// The CRM's records of the contact, as far as the CRM has confirmed them.
    async fn crm_records(&self, ctx: &Context<'_>) -> Result<Vec<CrmRecord>> {
        CrmRecord::of(ctx, sees!(ctx, "Contact.crmRecords").then(|| self.0.id.to_string())).await
    }
}

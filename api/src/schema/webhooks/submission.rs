//! The submission as callers see it.

use async_graphql::{Context, Enum, ID, Object, Result};
use commands::availability::offer;
use commands::contacts::Processed;
use domain::availability::Slot;
use domain::time::Zone;
use domain::webhooks::{Submission, SubmissionState};
use persistence::{availability, contacts, routing};

use super::super::availability::{MeetingTypeObject, SlotObject};
use super::super::contacts::ContactObject;
use super::super::errors::internal;
use super::super::request::{RequestScope, loader, sees};
use super::super::routing::RoutingDecisionObject;
use super::super::scalars::DateTime;
use super::super::workspaces::{HostObject, shared};

/// How far a submission has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "SubmissionState", remote = "SubmissionState")]
pub(crate) enum SubmissionStateEnum {
    /// Stored and acknowledged; the pipeline is about to run.
    Received,
    /// Normalised, resolved, scored and routed.
    Processed,
}

pub(crate) struct SubmissionObject {
    submission: Submission,
    /// What the pipeline answered. A submission that is looked up has none: contact and slots are read as they are now.
    answered: Option<Box<Processed>>,
}

impl SubmissionObject {
    /// The answer of the pipeline.
    pub(super) fn answered(processed: Processed) -> Self {
        Self { submission: processed.submission.clone(), answered: Some(Box::new(processed)) }
    }

    /// A submission as it is kept.
    pub(super) fn kept(submission: Submission) -> Self {
        Self { submission, answered: None }
    }

    fn viewer_zone(&self) -> Zone {
        let stated = self.submission.form.contact.time_zone.as_deref();
        stated.and_then(|name| name.parse().ok()).unwrap_or_else(Zone::utc)
    }

    async fn current_contact(&self, ctx: &Context<'_>) -> Result<Option<domain::contacts::Contact>> {
        match (&self.answered, self.submission.contact) {
            (Some(processed), _) => Ok(Some(processed.contact.clone())),
            (None, Some(id)) => {
                Ok(contacts::find_contact(&RequestScope::of(ctx).reader(), id).await.map_err(internal)?)
            }
            (None, None) => Ok(None),
        }
    }
}

/// A form that came in, and what came of it.
#[Object(name = "Submission")]
impl SubmissionObject {
    /// Its id.
    async fn id(&self) -> ID {
        ID(self.submission.id.to_string())
    }

    /// How far it has come.
    async fn state(&self) -> SubmissionStateEnum {
        self.submission.state.into()
    }

    /// When it came in.
    async fn received_at(&self) -> DateTime {
        DateTime(self.submission.received_at)
    }

    /// Follows the submission through events, logs and the CRM.
    async fn correlation_id(&self) -> &str {
        self.submission.correlation.as_str()
    }

    /// Whose form it was. Null without `contacts:read`.
    async fn contact(&self, ctx: &Context<'_>) -> Result<Option<ContactObject>> {
        if !sees!(ctx, "Submission.contact") {
            return Ok(None);
        }
        Ok(self.current_contact(ctx).await?.map(ContactObject))
    }

    /// Points by the scoring model. Null without `contacts:read`.
    async fn score(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        if !sees!(ctx, "Submission.score") {
            return Ok(None);
        }
        Ok(self.current_contact(ctx).await?.and_then(|contact| contact.score))
    }

    /// Who looks after the prospect.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Option<HostObject>> {
        match self.current_contact(ctx).await?.and_then(|contact| contact.owner) {
            Some(owner) => HostObject::load(ctx, owner).await,
            None => Ok(None),
        }
    }

    /// Who takes the lead, and why. Null without `contacts:read`.
    async fn routing_decision(&self, ctx: &Context<'_>) -> Result<Option<RoutingDecisionObject>> {
        let hidden = !sees!(ctx, "Submission.routingDecision");
        let Some(id) = self.submission.decision.filter(|_| !hidden) else { return Ok(None) };
        let found = routing::find_decision(&RequestScope::of(ctx).reader(), id).await.map_err(internal)?;
        Ok(found.map(RoutingDecisionObject))
    }

    /// What of the form could not be used, in sentences; known in the answer of `submitForm` alone.
    async fn warnings(&self) -> Vec<String> {
        self.answered.as_ref().map(|processed| processed.warnings.clone()).unwrap_or_default()
    }

    /// The offer that the slots are of.
    async fn meeting_type(&self, ctx: &Context<'_>) -> Result<Option<MeetingTypeObject>> {
        match self.submission.meeting_type {
            Some(id) => Ok(loader(ctx).load_one(id).await.map_err(shared)?.map(MeetingTypeObject)),
            None => Ok(None),
        }
    }

    /// The first free slots, with the owner if the owner takes such meetings; in the zone the form stated.
    #[graphql(complexity = "20 + child_complexity")]
    async fn slots(&self, ctx: &Context<'_>) -> Result<Vec<SlotObject>> {
        let zone = self.viewer_zone();
        let shown = |slots: Vec<Slot>| slots.into_iter().map(|slot| SlotObject::new(slot, zone)).collect();
        if let Some(processed) = &self.answered {
            return Ok(shown(processed.slots.clone()));
        }
        let request = RequestScope::of(ctx);
        let reader = request.reader();
        let Some(id) = self.submission.meeting_type else { return Ok(Vec::new()) };
        let Some(offered) = availability::find_meeting_type(&reader, id).await.map_err(internal)? else {
            return Ok(Vec::new());
        };
        let owner = self.current_contact(ctx).await?.and_then(|contact| contact.owner);
        let owner = owner.filter(|owner| offered.hosts.contains(owner));
        let now = request.api.edge.now();
        Ok(shown(offer::first_slots(&reader, &offered, owner, now).await.map_err(internal)?))
    }
}

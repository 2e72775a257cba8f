//! The pipeline: normalise, resolve, note, score, route, offer. One transaction, one fact per thing that happened.

mod consent;
mod route;

use domain::activities::{Activity, ActivityKind};
use domain::availability::Slot;
use domain::contacts::{Contact, LeadFacts};
use domain::events::Fact;
use domain::ids::ContactId;
use domain::meetings::MeetingType;
use domain::operation::Operation;
use domain::routing::{RoutingRecord, Task};
use domain::webhooks::{FormSubmission, Submission, SubmissionState, lead_facts};
use persistence::availability::{all_meeting_types, find_meeting_type_by_slug};
use persistence::{StoreError, Tx, activities, events, webhooks, workspaces};
use serde::{Deserialize, Serialize};

use super::met::meet;
use super::score;
use crate::availability::offer;

/// What came of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Processed {
    /// The submission, processed.
    pub submission: Submission,
    /// Whose form it was.
    pub contact: Contact,
    /// How the contact was found, in a sentence.
    pub resolution: String,
    /// What of the form could not be used, in sentences without values.
    pub warnings: Vec<String>,
    /// Whom the lead was given to, and why; `None` without routing rules.
    pub routing: Option<RoutingRecord>,
    /// The owner's task.
    pub task: Option<Task>,
    /// The offer that the slots are of; `None` when nothing is on offer.
    pub meeting_type: Option<MeetingType>,
    /// The first free slots, with the owner if the owner takes such meetings.
    pub slots: Vec<Slot>,
}

/// Runs the pipeline on a submission that is new, and leaves it processed.
pub(super) async fn run(tx: &Tx, operation: &Operation, submission: Submission) -> Result<Processed, StoreError> {
    let workspace = workspaces::current(tx).await?;
    let form = &submission.form;
    let (facts, warnings) = lead_facts(form, Some(workspace.phone_region));
    let mut met = meet(tx, operation, (&facts, form.occurred_at)).await?;
    let resolution = met.resolution.as_ref().map(domain::contacts::Resolution::explain).unwrap_or_default();

    // Score and owner belong to the contact, so they are decided before the contact is written: one version, one fact.
    let activity = form_activity(operation, (met.contact.id, &facts), &submission);
    let scored = score::decide(tx, operation, &mut met.contact, &activity).await?;
    let routed = route::decide(tx, operation, (&mut met.contact, form), workspace.zone).await?;
    let before = met.before().cloned();
    let contact = met.write(tx, operation).await?;

    let fact = Fact::FormSubmitted { submission: submission.id, contact: contact.id };
    events::append(tx, operation, &fact).await?;
    activities::insert_activity(tx, &activity).await?;
    consent::append(tx, operation, &contact, form).await?;
    score::write(tx, operation, before.as_ref(), &contact, scored.as_ref()).await?;
    let (routing, task) = route::write(tx, operation, &contact, routed).await?;

    let meeting_type = wanted_offer(tx, form).await?;
    let slots = match &meeting_type {
        Some(offered) => {
            let owner = contact.owner.filter(|owner| offered.hosts.contains(owner));
            offer::first_slots(tx, offered, owner, operation.now).await?
        }
        None => Vec::new(),
    };
    let submission = Submission {
        state: SubmissionState::Processed,
        processed_at: Some(operation.now),
        contact: Some(contact.id),
        decision: routing.as_ref().map(|record| record.id),
        meeting_type: meeting_type.as_ref().map(|offered| offered.id),
        ..submission
    };
    webhooks::replace_submission(tx, &submission).await?;
    let warnings = warnings.iter().map(ToString::to_string).collect();
    Ok(Processed { submission, contact, resolution, warnings, routing, task, meeting_type, slots })
}

/// The offer that the form asks for; one that is unknown leads to the workspace's first, never to a lost lead.
async fn wanted_offer(tx: &Tx, form: &FormSubmission) -> Result<Option<MeetingType>, StoreError> {
    if let Some(slug) = &form.meeting_type
        && let Some(found) = find_meeting_type_by_slug(tx, slug).await?
        && found.active
    {
        return Ok(Some(found));
    }
    Ok(all_meeting_types(tx).await?.into_iter().find(|offered| offered.active))
}

fn form_activity(
    operation: &Operation,
    (contact, facts): (ContactId, &LeadFacts),
    submission: &Submission,
) -> Activity {
    let form = &submission.form;
    Activity {
        id: operation.new_id(),
        contact,
        kind: ActivityKind::FormSubmit,
        // A sender's clock may be ahead of ours; nothing happens in the future.
        occurred_at: form.occurred_at.min(operation.now),
        attribution: facts.attribution.clone(),
        properties: serde_json::json!({
            "form_id": form.form_id,
            "submission": submission.id,
            "answers": form.answers,
            "product_line": form.product_line,
        }),
    }
}

//! Scoring: by the model in force, whenever a contact does something; the threshold is reached once.

use domain::activities::Activity;
use domain::contacts::{Contact, Lifecycle};
use domain::events::Fact;
use domain::operation::Operation;
use domain::scoring::{Facts, Score, ScoringModel, newly_reached, score};
use persistence::{StoreError, Tx, activities, events, scoring};

/// Activities that a score looks at; older ones have had their say.
const ACTIVITIES_MAX: u64 = 1000;

/// A score and what it means for the contact.
pub(super) struct Scored {
    model: ScoringModel,
    score: Score,
    is_newly_reached: bool,
}

/// Scores the contact with the activity that is about to be noted, and sets the contact's score. `None` without a
/// model.
pub(super) async fn decide(
    tx: &Tx,
    operation: &Operation,
    contact: &mut Contact,
    incoming: &Activity,
) -> Result<Option<Scored>, StoreError> {
    let Some(model) = scoring::current_model(tx).await? else { return Ok(None) };
    let known = activities::activities_of(tx, contact.id, ACTIVITIES_MAX).await?;
    let score = score(&model, &Facts::new(contact, known.iter().chain([incoming])));
    let is_newly_reached = newly_reached(&model, &score, contact.mql_at);
    contact.score = Some(score.total);
    contact.score_version = Some(score.version);
    if is_newly_reached {
        contact.mql_at = Some(operation.now);
        contact.lifecycle = contact.lifecycle.max(Lifecycle::Mql);
    }
    Ok(Some(Scored { model, score, is_newly_reached }))
}

/// Appends the facts of a score that changed.
pub(super) async fn write(
    tx: &Tx,
    operation: &Operation,
    before: Option<&Contact>,
    contact: &Contact,
    scored: Option<&Scored>,
) -> Result<(), StoreError> {
    let Some(scored) = scored else { return Ok(()) };
    let (total, version) = (scored.score.total, scored.score.version);
    if before.is_none_or(|known| (known.score, known.score_version) != (Some(total), Some(version))) {
        let fact = Fact::ScoreChanged { contact: contact.id, score: total, model_version: version };
        events::append(tx, operation, &fact).await?;
    }
    if scored.is_newly_reached {
        let threshold = scored.model.threshold;
        let fact = Fact::MqlReached { contact: contact.id, score: total, threshold, model_version: version };
        events::append(tx, operation, &fact).await?;
    }
    Ok(())
}

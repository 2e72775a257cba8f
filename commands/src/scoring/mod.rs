//! Scoring models: published in immutable versions.

use domain::access::{Permit, action};
use domain::errors::Violation;
use domain::operation::Operation;
use domain::scoring::{Rule, ScoringModel};
use persistence::scoring::{current_model, insert_model};
use serde::Serialize;

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// The next version of the workspace's model.
#[derive(Debug, Clone, Serialize)]
pub struct PublishScoringModel {
    /// Points that make a contact marketing qualified.
    pub threshold: i32,
    /// What gives or takes points.
    pub rules: Vec<Rule>,
}

/// Publishes a model as the next version; it is in force from then on. Refusals: `FIELD_MISMATCH`.
pub async fn publish_scoring_model(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: PublishScoringModel,
) -> Result<Answered<ScoringModel>, Failure> {
    let _permit: Permit<action::ManageRouting> = operation.permit()?;
    let model =
        ScoringModel { id: operation.new_id(), version: 1, threshold: input.threshold, rules: input.rules.clone() };
    let faults = model.faults();
    if !faults.is_empty() {
        let violation = |fault: &domain::scoring::ModelFault| Violation {
            path: "input.model".to_owned(),
            message: fault.to_string(),
        };
        return Ok(Answered::invalid(faults.iter().map(violation).collect()));
    }
    let keyed = match open(stores, operation, key, ("publishScoringModel", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    keyed.tx.lock_names(&["scoring".to_owned()]).await?;
    let version = current_model(&keyed.tx).await?.map_or(1, |known| known.version + 1);
    let model = ScoringModel { version, ..model };
    insert_model(&keyed.tx, &model, operation.now).await?;
    keyed.finish(stores, operation, Outcome::Done(model)).await
}

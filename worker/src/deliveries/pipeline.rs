//! Takes a form that came by webhook through the pipeline.

use commands::contacts::process_submission;
use domain::ids::SubmissionId;
use domain::integrations::EntityLink;
use persistence::deliveries::ClaimedDelivery;

use super::Answer;
use crate::Worker;

/// Runs the command that `submitForm` runs in the request. A submission that has been through is left alone.
pub(super) async fn run(
    worker: &Worker,
    claimed: &ClaimedDelivery,
    submission: SubmissionId,
) -> Result<Vec<EntityLink>, Answer> {
    let operation = worker.edge.system(claimed.workspace, claimed.delivery.correlation.clone());
    match process_submission(&worker.stores, &operation, submission).await? {
        Ok(()) => Ok(Vec::new()),
        Err(refusal) => Err(Answer::GiveUp { reason: refusal.message }),
    }
}

//! Replay: events of the past are sent to an endpoint again, by a job that survives whatever becomes of the worker.

use domain::access::Permit;
use domain::errors::{ErrorCode, Refusal, Violation};
use domain::ids::EndpointId;
use domain::limits::REPLAYS_OPEN_MAX;
use domain::operation::Operation;
use domain::webhooks::endpoint::EndpointStatus;
use domain::webhooks::replay::{Replay, Selection};
use persistence::{Tx, events, webhooks};
use serde::{Deserialize, Serialize};

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// Whom to tell of what.
#[derive(Debug, Clone, Serialize)]
pub struct StartReplay {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// The events.
    pub selection: Selection,
    /// Only count them.
    pub dry_run: bool,
}

/// A replay as a command left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayAnswer {
    /// The replay.
    pub replay: Replay,
}

/// Begins a replay over what is in the log by now. Refusals: `FIELD_MISMATCH`, `NOT_FOUND`, `ENDPOINT_NOT_ACTIVE`.
pub async fn start_replay(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: StartReplay,
) -> Result<Answered<ReplayAnswer>, Failure> {
    let permit: Permit<_> = operation.permit()?;
    let Selection { from, to, .. } = &input.selection;
    if from.zip(*to).is_some_and(|(from, to)| to <= from) {
        let message = "The time ends before it begins.".to_owned();
        return Ok(Answered::invalid(vec![Violation { path: "input.to".to_owned(), message }]));
    }
    let keyed = match open(stores, operation, key, ("startReplay", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    // Two who begin the last one allowed meet here.
    tx.lock_names(&["replays".to_owned()]).await?;
    let outcome = if let Some(refusal) = refusal(tx, &input).await? {
        Outcome::refused(refusal)
    } else {
        let whole = (events::horizon(tx).await? - 1, events::position(tx).await?);
        let what = (input.endpoint, input.selection, input.dry_run);
        let replay = Replay::start(&permit, operation.new_id(), what, whole, operation.now);
        webhooks::insert_replay(tx, &replay).await?;
        Outcome::Done(ReplayAnswer { replay })
    };
    keyed.finish(stores, operation, outcome).await
}

async fn refusal(tx: &Tx, input: &StartReplay) -> Result<Option<Refusal>, Failure> {
    let Some(endpoint) = webhooks::find_endpoint(tx, input.endpoint).await? else {
        return Ok(Some(Refusal::not_found("input.endpointId")));
    };
    if endpoint.status != EndpointStatus::Active && !input.dry_run {
        let message = "The endpoint is told of nothing while it is not active.";
        return Ok(Some(Refusal::field(ErrorCode::EndpointNotActive, "input.endpointId", message)));
    }
    if webhooks::count_open_replays(tx).await? >= REPLAYS_OPEN_MAX {
        let message = format!("A workspace has at most {REPLAYS_OPEN_MAX} replays that are not over.");
        return Ok(Some(Refusal::field(ErrorCode::FieldMismatch, "input.endpointId", message)));
    }
    Ok(None)
}

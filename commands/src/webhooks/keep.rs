//! Keep: a verified delivery that is no form, or does not fit its schema, is stored once, as it came.

use std::collections::BTreeMap;

use domain::ids::{ConnectionId, InboundDeliveryId, SubmissionId};
use domain::operation::Operation;
use domain::webhooks::{InboundDelivery, InboundState, Violation};
use persistence::{Sealer, Tx, webhooks};

use crate::{Failure, Stores};

/// A verified delivery.
#[derive(Clone)]
pub struct KeepDelivery {
    /// The connection it came through.
    pub connection: ConnectionId,
    /// The sender's id of the delivery, if the scheme has one.
    pub delivery_id: Option<String>,
    /// The authentic signature, if there is one: what was signed once is taken once.
    pub replay_key: Option<String>,
    /// Headers that belong to what it says.
    pub headers: BTreeMap<String, String>,
    /// The raw body.
    pub body: Vec<u8>,
    /// What is wrong with it; nothing, if nobody has asked yet.
    pub violations: Vec<Violation>,
}

impl std::fmt::Debug for KeepDelivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeepDelivery").field("connection", &self.connection).finish_non_exhaustive()
    }
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is kept, as the first of its id.
    New(InboundDelivery),
    /// It was kept before.
    Known(InboundDelivery),
    /// The same delivery became a submission before.
    Submitted(SubmissionId),
}

/// Stores a delivery as it came, unless its id or its signature is known. With violations it is in quarantine.
pub async fn keep_delivery(
    stores: &Stores,
    sealer: &Sealer,
    operation: &Operation,
    input: KeepDelivery,
) -> Result<Kept, Failure> {
    let tx = stores.database.begin(operation.workspace).await?;
    let kept = keep(&tx, sealer, operation, input).await?;
    if let Kept::New(_) = kept {
        tx.commit().await?;
    }
    Ok(kept)
}

pub(super) async fn keep(
    tx: &Tx,
    sealer: &Sealer,
    operation: &Operation,
    input: KeepDelivery,
) -> Result<Kept, Failure> {
    let known = (input.delivery_id.as_deref(), input.replay_key.as_deref());
    let fits = input.violations.is_empty();
    // Only a form can have become a submission.
    if !fits && let Some(submission) = webhooks::find_known(tx, input.connection, known).await? {
        return Ok(Kept::Submitted(submission.id));
    }
    let delivery = InboundDelivery {
        id: operation.new_id::<InboundDeliveryId>(),
        connection: input.connection,
        delivery_id: input.delivery_id.clone(),
        state: if fits { InboundState::Received } else { InboundState::Quarantined },
        headers: input.headers,
        violations: input.violations,
        correlation: operation.correlation.clone(),
        received_at: operation.now,
        resolution: None,
    };
    let body = (input.body.as_slice(), input.replay_key.as_deref());
    if webhooks::insert_inbound(tx, sealer, &delivery, body).await? {
        return Ok(Kept::New(delivery));
    }
    let found = webhooks::find_known_inbound(tx, input.connection, known).await?;
    Ok(Kept::Known(found.unwrap_or(delivery)))
}

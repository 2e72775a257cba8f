//! Routing rules: published in immutable versions.

use domain::access::{Permit, action};
use domain::errors::{Refusal, Violation};
use domain::ids::HostId;
use domain::operation::Operation;
use domain::routing::{RoutingRules, Territory};
use persistence::availability::find_hosts;
use persistence::routing::{current_rules, insert_rules};
use serde::Serialize;

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// An SLA of more than a year is none.
const SLA_MINUTES_MAX: u32 = 366 * 24 * 60;

/// The next version of the workspace's rules.
#[derive(Debug, Clone, Serialize)]
pub struct PublishRoutingRules {
    /// Named parts of the world that hosts serve.
    pub territories: Vec<Territory>,
    /// Who takes a lead that nobody else can, the first active one in this order.
    pub fallback_owners: Vec<HostId>,
    /// Minutes that the owner has for the first touch.
    pub sla_minutes: u32,
}

/// Publishes rules as the next version; they are in force from then on. Refusals: `FIELD_MISMATCH`, `NOT_FOUND`.
pub async fn publish_routing_rules(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: PublishRoutingRules,
) -> Result<Answered<RoutingRules>, Failure> {
    let _permit: Permit<action::ManageRouting> = operation.permit()?;
    if !(1..=SLA_MINUTES_MAX).contains(&input.sla_minutes) {
        let message = format!("An SLA has 1 to {SLA_MINUTES_MAX} minutes.");
        return Ok(Answered::invalid(vec![Violation { path: "input.slaMinutes".to_owned(), message }]));
    }
    let keyed = match open(stores, operation, key, ("publishRoutingRules", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    tx.lock_names(&["routing".to_owned()]).await?;
    let mut owners = input.fallback_owners.clone();
    owners.sort_unstable();
    owners.dedup();
    let outcome = if find_hosts(tx, &owners).await?.len() == owners.len() {
        let rules = RoutingRules {
            id: operation.new_id(),
            version: current_rules(tx).await?.map_or(1, |known| known.version + 1),
            territories: input.territories,
            fallback_owners: input.fallback_owners,
            sla_minutes: input.sla_minutes,
        };
        insert_rules(tx, &rules, operation.now).await?;
        Outcome::Done(rules)
    } else {
        Outcome::refused(Refusal::not_found("input.fallbackOwnerIds"))
    };
    keyed.finish(stores, operation, outcome).await
}

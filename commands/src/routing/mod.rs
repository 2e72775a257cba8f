//! Routing rules: published in immutable versions.

use domain::access::{Permit, action};
use domain::errors::Refusal;
use domain::ids::HostId;
use domain::operation::Operation;
use domain::routing::{RoutingRules, Territory};
use persistence::availability::find_hosts;
use persistence::routing::{current_rules, insert_rules};
use serde::Serialize;

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

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
    let rules = RoutingRules {
        id: operation.new_id(),
        version: 1,
        territories: input.territories.clone(),
        fallback_owners: input.fallback_owners.clone(),
        sla_minutes: input.sla_minutes,
    };
    let violations = rules.validate();
    if !violations.is_empty() {
        return Ok(Answered::invalid(violations.into_iter().map(|found| found.within("input")).collect()));
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
        let version = current_rules(tx).await?.map_or(1, |known| known.version + 1);
        let rules = RoutingRules { version, ..rules };
        insert_rules(tx, &rules, operation.now).await?;
        Outcome::Done(rules)
    } else {
        Outcome::refused(Refusal::not_found("input.fallbackOwnerIds"))
    };
    keyed.finish(stores, operation, outcome).await
}

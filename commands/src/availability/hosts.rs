//! Hosts: who can be booked, and when they work.

use domain::access::{Permit, action};
use domain::availability::Schedule;
use domain::contacts::EmailAddress;
use domain::errors::{Refusal, Violation};
use domain::ids::HostId;
use domain::limits::{SHORT_TEXT_LENGTH_MAX, is_short_text};
use domain::operation::Operation;
use domain::workspaces::{Host, RoutingProfile};
use persistence::availability::{insert_host, lock_hosts, replace_host};
use serde::Serialize;

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// A new host.
#[derive(Debug, Clone, Serialize)]
pub struct CreateHost {
    /// The name that booking pages show.
    pub name: String,
    /// Where invitations go.
    pub email: EmailAddress,
    /// When they work.
    pub schedule: Schedule,
    /// Which leads are theirs.
    pub routing: RoutingProfile,
    /// The CRM's id of this person.
    pub crm_owner_id: Option<String>,
}

/// Another schedule for a host.
#[derive(Debug, Clone, Serialize)]
pub struct SetSchedule {
    /// The host.
    pub host: HostId,
    /// When they work from now on; meetings that are booked stay.
    pub schedule: Schedule,
}

/// Adds a host. Refusals: `FIELD_MISMATCH`.
pub async fn create_host(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: CreateHost,
) -> Result<Answered<Host>, Failure> {
    let _permit: Permit<action::ManageAvailability> = operation.permit()?;
    let mut violations = schedule_violations(&input.schedule);
    if !is_short_text(&input.name) {
        let message = format!("A name has 1 to {SHORT_TEXT_LENGTH_MAX} characters.");
        violations.push(Violation { path: "input.name".to_owned(), message });
    }
    if input.crm_owner_id.as_deref().is_some_and(|id| !is_short_text(id)) {
        let message = format!("An id has 1 to {SHORT_TEXT_LENGTH_MAX} characters.");
        violations.push(Violation { path: "input.crmOwnerId".to_owned(), message });
    }
    violations.extend(input.routing.validate().into_iter().map(|found| found.within("input")));
    if !violations.is_empty() {
        return Ok(Answered::invalid(violations));
    }
    let keyed = match open(stores, operation, key, ("createHost", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let host = Host {
        id: operation.new_id(),
        name: input.name.trim().to_owned(),
        email: input.email.as_str().to_owned(),
        schedule: input.schedule,
        routing: input.routing,
        crm_owner_id: input.crm_owner_id,
        active: true,
        last_assigned_at: None,
    };
    insert_host(&keyed.tx, &host, operation.now).await?;
    keyed.finish(stores, operation, Outcome::Done(host)).await
}

/// Gives a host another schedule. Refusals: `NOT_FOUND`, `FIELD_MISMATCH`.
pub async fn set_schedule(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: SetSchedule,
) -> Result<Answered<Host>, Failure> {
    let _permit: Permit<action::ManageAvailability> = operation.permit()?;
    let violations = schedule_violations(&input.schedule);
    if !violations.is_empty() {
        return Ok(Answered::invalid(violations));
    }
    let keyed = match open(stores, operation, key, ("setSchedule", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let known = lock_hosts(&keyed.tx, &[input.host]).await?.into_iter().next();
    let outcome = match known {
        Some(known) => {
            let host = Host { schedule: input.schedule, ..known };
            replace_host(&keyed.tx, &host).await?;
            Outcome::Done(host)
        }
        None => Outcome::refused(Refusal::not_found("input.hostId")),
    };
    keyed.finish(stores, operation, outcome).await
}

fn schedule_violations(schedule: &Schedule) -> Vec<Violation> {
    schedule.validate().into_iter().map(|found| found.within("input.schedule")).collect()
}

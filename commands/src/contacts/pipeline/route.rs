//! Routing in the pipeline: who takes the lead, with the reasons kept, and a task with its SLA.

use domain::contacts::Contact;
use domain::events::Fact;
use domain::ids::HostId;
use domain::operation::Operation;
use domain::routing::{
    Decision, HostProfile, Outcome, RoutedLead, RoutingRecord, RoutingRules, Task, decide as route, sla_due,
};
use domain::time::{LocalTime, Zone};
use domain::webhooks::FormSubmission;
use domain::workspaces::Host;
use persistence::routing::{current_rules, insert_decision, insert_task, leads_assigned_since, note_assignment};
use persistence::{StoreError, Tx, availability, events};

/// A decision that is not written yet.
pub(super) struct Routed {
    rules: RoutingRules,
    decision: Decision,
}

/// Decides who takes the lead and sets the contact's owner. `None` without rules. Decisions of a workspace are made one
/// after the other: capacity and fairness are counted under the lock, by the day in `zone`.
pub(super) async fn decide(
    tx: &Tx,
    operation: &Operation,
    (contact, form): (&mut Contact, &FormSubmission),
    zone: Zone,
) -> Result<Option<Routed>, StoreError> {
    let Some(rules) = current_rules(tx).await? else { return Ok(None) };
    tx.lock_names(&["routing".to_owned()]).await?;
    let assigned = leads_assigned_since(tx, start_of_day(zone, operation)).await?;
    let hosts = availability::all_hosts(tx).await?;
    let profiles: Vec<HostProfile> = hosts.iter().map(|host| profile(host, &assigned)).collect();
    let lead = RoutedLead {
        existing_owner: contact.owner,
        country: contact.country,
        region: None,
        product_line: form.product_line.clone(),
    };
    let decision = route(&rules, &lead, &profiles);
    contact.owner = decision.owner;
    Ok(Some(Routed { rules, decision }))
}

/// Keeps the decision, gives the owner a task, and appends the facts.
pub(super) async fn write(
    tx: &Tx,
    operation: &Operation,
    contact: &Contact,
    routed: Option<Routed>,
) -> Result<(Option<RoutingRecord>, Option<Task>), StoreError> {
    let Some(Routed { rules, decision }) = routed else { return Ok((None, None)) };
    let (owner, outcome) = (decision.owner, decision.outcome);
    let record = RoutingRecord { id: operation.new_id(), contact: contact.id, decision, decided_at: operation.now };
    insert_decision(tx, &record).await?;
    if let Some(owner) = owner.filter(|_| outcome.is_assignment()) {
        note_assignment(tx, owner, operation.now).await?;
    }
    let fact = Fact::LeadRouted { contact: contact.id, decision: record.id, owner };
    events::append(tx, operation, &fact).await?;
    let task = Task {
        id: operation.new_id(),
        contact: contact.id,
        owner,
        subject: subject(outcome).to_owned(),
        due_at: sla_due(operation.now, rules.sla_minutes),
        created_at: operation.now,
    };
    insert_task(tx, &task).await?;
    let fact = Fact::TaskCreated { task: task.id, contact: contact.id, due_at: task.due_at };
    events::append(tx, operation, &fact).await?;
    Ok((Some(record), Some(task)))
}

/// What the task says, without a word of the lead's own: it is seen in lists.
fn subject(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::ExistingOwner => "Your lead has written again",
        Outcome::Routed | Outcome::Fallback => "Get in touch with the new lead",
        Outcome::Unassigned => "Find somebody for the new lead",
    }
}

fn profile(host: &Host, assigned: &[(HostId, u32)]) -> HostProfile {
    HostProfile {
        host: host.id,
        active: host.active,
        territories: host.routing.territories.clone(),
        product_lines: host.routing.product_lines.clone(),
        capacity_per_day: host.routing.capacity_per_day,
        assigned_today: assigned.iter().find(|(id, _)| *id == host.id).map_or(0, |(_, leads)| *leads),
        weight: host.routing.weight,
        last_assigned_at: host.last_assigned_at,
    }
}

/// The first instant of today in the workspace's zone.
fn start_of_day(zone: Zone, operation: &Operation) -> chrono::DateTime<chrono::Utc> {
    let today = zone.local_date(operation.now);
    let day = zone.instants_of(today, LocalTime::START_OF_DAY, LocalTime::END_OF_DAY);
    day.first().map_or(operation.now, |interval| interval.starts_at())
}

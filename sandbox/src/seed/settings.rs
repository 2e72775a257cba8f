//! Sets a company up: hosts, offers, scoring and routing, through the commands that its own administrator would use.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use commands::availability::{CreateHost, CreateMeetingType, create_host, create_meeting_type};
use commands::routing::{PublishRoutingRules, publish_routing_rules};
use commands::scoring::{PublishScoringModel, publish_scoring_model};
use commands::{Answered, Failure, Outcome, Stores};
use domain::ids::{HostId, WorkspaceId};
use domain::operation::Operation;

use super::Ground;
use super::plan::Plan;

/// Publishes the plan and answers with its hosts, in the plan's order.
pub async fn publish(ground: &Ground<'_>, workspace: WorkspaceId, plan: &Plan) -> Result<Vec<HostId>> {
    let mut hosts = Vec::new();
    for planned in &plan.hosts {
        let input = CreateHost {
            name: planned.name.clone(),
            email: planned.email.clone(),
            schedule: planned.schedule(),
            routing: planned.routing.clone(),
            crm_owner_id: planned.crm_owner_id.clone(),
        };
        let key = format!("seed/host/{}", planned.key);
        // Each step has its own now: hosts and offers are listed in the order they came in.
        let host = done(&key, create_host(ground.stores, &step(ground, workspace), &key, input).await)?;
        hosts.push((planned.key.as_str(), host.id));
    }
    let by_key: HashMap<&str, HostId> = hosts.iter().copied().collect();
    offers(ground, workspace, plan, &by_key).await?;
    rules(ground.stores, &step(ground, workspace), plan, &by_key).await?;
    Ok(hosts.into_iter().map(|(_, id)| id).collect())
}

async fn offers(ground: &Ground<'_>, workspace: WorkspaceId, plan: &Plan, hosts: &HashMap<&str, HostId>) -> Result<()> {
    for planned in &plan.meeting_types {
        let input = CreateMeetingType {
            slug: planned.slug.clone(),
            name: planned.name.clone(),
            rules: planned.rules.clone(),
            hosts: ids(hosts, &planned.hosts)?,
            location: Some(planned.location.clone()),
        };
        let key = format!("seed/meeting-type/{}", planned.slug);
        done(&key, create_meeting_type(ground.stores, &step(ground, workspace), &key, input).await)?;
    }
    Ok(())
}

async fn rules(stores: &Stores, operation: &Operation, plan: &Plan, hosts: &HashMap<&str, HostId>) -> Result<()> {
    let model = PublishScoringModel { threshold: plan.scoring.threshold, rules: plan.scoring.rules.clone() };
    done("the scoring model", publish_scoring_model(stores, operation, "seed/scoring", model).await)?;
    let rules = PublishRoutingRules {
        territories: plan.routing.territories.clone(),
        fallback_owners: ids(hosts, &plan.routing.fallback_owners)?,
        sla_minutes: plan.routing.sla_minutes,
    };
    done("the routing rules", publish_routing_rules(stores, operation, "seed/routing", rules).await)?;
    Ok(())
}

fn step(ground: &Ground<'_>, workspace: WorkspaceId) -> Operation {
    ground.edge.system(workspace, ground.edge.correlation())
}

fn ids(hosts: &HashMap<&str, HostId>, keys: &[String]) -> Result<Vec<HostId>> {
    keys.iter()
        .map(|key| hosts.get(key.as_str()).copied().with_context(|| format!("there is no host `{key}`")))
        .collect()
}

fn done<T>(what: &str, answer: Result<Answered<T>, Failure>) -> Result<T> {
    match answer.with_context(|| what.to_owned())?.outcome {
        Outcome::Done(value) => Ok(value),
        Outcome::Refused(refusals) => bail!("{what} was refused: {refusals:?}"),
    }
}

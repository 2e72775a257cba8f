//! The decision.

use std::cmp::Ordering;

use super::{Decision, Dropped, HostProfile, Outcome, RoutedLead, RoutingRules, Step, StepName};
use crate::contacts::fold;
use crate::ids::HostId;

/// Chooses an owner among `hosts` (any order; a host that is listed twice counts once).
///
/// An active existing owner keeps the lead even without room today: a relation is worth more than an even load.
/// Facts that are not known (no country, no product line) narrow nothing down.
pub fn decide(rules: &RoutingRules, lead: &RoutedLead, hosts: &[HostProfile]) -> Decision {
    let mut steps = Vec::new();
    let (owner, outcome) = choose(rules, lead, hosts, &mut steps);
    Decision { rules: rules.id, version: rules.version, owner, outcome, steps }
}

fn choose(
    rules: &RoutingRules,
    lead: &RoutedLead,
    hosts: &[HostProfile],
    steps: &mut Vec<Step>,
) -> (Option<HostId>, Outcome) {
    let mut all: Vec<_> = hosts.iter().collect();
    all.sort_by_key(|profile| profile.host);
    all.dedup_by_key(|profile| profile.host);

    let active = narrow(steps, StepName::Active, all, "take leads", |host| {
        if host.active { None } else { Some("is not active".to_owned()) }
    });
    if let Some(owner) = existing_owner(lead, &active, steps) {
        return (Some(owner), Outcome::ExistingOwner);
    }
    let placed = by_territory(rules, lead, active.clone(), steps);
    let skilled = by_product_line(lead, placed, steps);
    let free = narrow(steps, StepName::Capacity, skilled, "have room today", |host| {
        let most = host.capacity_per_day?;
        (host.assigned_today >= most).then(|| format!("has {} of {most} leads today", host.assigned_today))
    });
    if let Some(owner) = whose_turn(&free, steps) {
        return (Some(owner), Outcome::Routed);
    }
    match fallback(rules, &active, steps) {
        Some(owner) => (Some(owner), Outcome::Fallback),
        None => (None, Outcome::Unassigned),
    }
}

fn existing_owner(lead: &RoutedLead, active: &[&HostProfile], steps: &mut Vec<Step>) -> Option<HostId> {
    let owner = lead.existing_owner?;
    let takes_leads = active.iter().any(|profile| profile.host == owner);
    steps.push(if takes_leads {
        let because = format!("{owner} owns the lead already and keeps it.");
        Step { step: StepName::ExistingOwner, kept: vec![owner], dropped: vec![], because }
    } else {
        let because = format!("{owner} owned the lead but does not take leads any more.");
        let dropped = vec![Dropped { host: owner, reason: "is not active".to_owned() }];
        Step { step: StepName::ExistingOwner, kept: vec![], dropped, because }
    });
    takes_leads.then_some(owner)
}

fn by_territory<'a>(
    rules: &RoutingRules,
    lead: &RoutedLead,
    hosts: Vec<&'a HostProfile>,
    steps: &mut Vec<Step>,
) -> Vec<&'a HostProfile> {
    let Some(country) = lead.country else {
        return skip(steps, StepName::Territory, hosts, "The country is not known, so territory decides nothing.");
    };
    let names = rules.territories_of(lead);
    let what = match names.as_slice() {
        [] => format!("serve {country}, which no territory lists"),
        names => format!("serve {}", names.join(" or ")),
    };
    narrow(steps, StepName::Territory, hosts, &what, |host| {
        let serves = host.territories.is_empty() || host.territories.iter().any(|own| names.contains(&own.as_str()));
        (!serves).then(|| format!("serves {} only", host.territories.join(", ")))
    })
}

fn by_product_line<'a>(lead: &RoutedLead, hosts: Vec<&'a HostProfile>, steps: &mut Vec<Step>) -> Vec<&'a HostProfile> {
    let Some(wanted) = lead.product_line.as_deref() else {
        let because = "No product line was asked for, so it decides nothing.";
        return skip(steps, StepName::ProductLine, hosts, because);
    };
    narrow(steps, StepName::ProductLine, hosts, &format!("serve the product line `{wanted}`"), |host| {
        let serves = host.product_lines.is_empty() || host.product_lines.iter().any(|own| fold(own) == fold(wanted));
        (!serves).then(|| format!("serves {} only", host.product_lines.join(", ")))
    })
}

/// Takes the host with the fewest leads for its weight, then the one that has waited longest, then the smallest id.
fn whose_turn(hosts: &[&HostProfile], steps: &mut Vec<Step>) -> Option<HostId> {
    let chosen = hosts.iter().copied().min_by(|one, other| turn(one, other))?;
    let because = match hosts.len() {
        1 => format!("{} is the only one left.", chosen.host),
        _ => format!("It is the turn of {}: {} today by a weight of {}.", chosen.host, leads(chosen), weight(chosen)),
    };
    let others = hosts.iter().filter(|profile| profile.host != chosen.host);
    let dropped = others
        .map(|other| Dropped {
            host: other.host,
            reason: format!("has {} by a weight of {}", leads(other), weight(other)),
        })
        .collect();
    steps.push(Step { step: StepName::Fairness, kept: vec![chosen.host], dropped, because });
    Some(chosen.host)
}

fn turn(one: &HostProfile, other: &HostProfile) -> Ordering {
    // a/w < b/v without division: a·v < b·w.
    let load = (u64::from(one.assigned_today) * weight(other)).cmp(&(u64::from(other.assigned_today) * weight(one)));
    load.then(one.last_assigned_at.cmp(&other.last_assigned_at)).then(one.host.cmp(&other.host))
}

fn weight(profile: &HostProfile) -> u64 {
    u64::from(profile.weight.max(1))
}

fn leads(profile: &HostProfile) -> String {
    if profile.assigned_today == 1 { "1 lead".to_owned() } else { format!("{} leads", profile.assigned_today) }
}

fn fallback(rules: &RoutingRules, active: &[&HostProfile], steps: &mut Vec<Step>) -> Option<HostId> {
    let takes_leads = |owner: &&HostId| active.iter().any(|profile| profile.host == **owner);
    let owner = rules.fallback_owners.iter().find(takes_leads).copied();
    let because = match owner {
        Some(owner) => format!("Nobody is left, so the fallback owner {owner} takes the lead."),
        None => "Nobody is left and no fallback owner is active.".to_owned(),
    };
    steps.push(Step { step: StepName::Fallback, kept: owner.into_iter().collect(), dropped: vec![], because });
    owner
}

fn narrow<'a>(
    steps: &mut Vec<Step>,
    step: StepName,
    hosts: Vec<&'a HostProfile>,
    what: &str,
    objection: impl Fn(&HostProfile) -> Option<String>,
) -> Vec<&'a HostProfile> {
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    let before = hosts.len();
    for profile in hosts {
        match objection(profile) {
            Some(reason) => dropped.push(Dropped { host: profile.host, reason }),
            None => kept.push(profile),
        }
    }
    let because = format!("{} of {before} hosts {what}.", kept.len());
    steps.push(Step { step, kept: ids(&kept), dropped, because });
    kept
}

fn skip<'a>(steps: &mut Vec<Step>, step: StepName, hosts: Vec<&'a HostProfile>, because: &str) -> Vec<&'a HostProfile> {
    steps.push(Step { step, kept: ids(&hosts), dropped: vec![], because: because.to_owned() });
    hosts
}

fn ids(hosts: &[&HostProfile]) -> Vec<HostId> {
    hosts.iter().map(|profile| profile.host).collect()
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;

//! Routing, told as text: one host per line, `n: territories | product lines | assigned/capacity | weight | minute`.

use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::contacts::CountryCode;
use crate::ids::{EntityId, RoutingRulesId};
use crate::routing::Territory;

fn host(n: u128) -> HostId {
    HostId::from_uuid(Uuid::from_u128(n))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn profile(line: &str) -> HostProfile {
    let (name, rest) = line.split_once(':').unwrap();
    let parts: Vec<_> = rest.split('|').map(str::trim).collect();
    let (assigned, capacity) = parts[2].split_once('/').unwrap();
    HostProfile {
        host: host(name.trim_end_matches('!').trim().parse().unwrap()),
        active: !name.ends_with('!'),
        territories: words(parts[0]),
        product_lines: words(parts[1]),
        capacity_per_day: capacity.parse().ok(),
        assigned_today: assigned.parse().unwrap(),
        weight: parts[3].parse().unwrap(),
        last_assigned_at: parts[4].parse().ok().map(|minute| DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)),
    }
}

fn rules() -> RoutingRules {
    let territory = |name: &str, countries: &str, regions: &str| Territory {
        name: name.to_owned(),
        countries: words(countries).iter().map(|code| CountryCode::parse(code).unwrap()).collect(),
        regions: words(regions),
    };
    RoutingRules {
        id: RoutingRulesId::from_uuid(Uuid::from_u128(1)),
        version: 7,
        territories: vec![
            territory("dach", "DE AT CH", ""),
            territory("bavaria", "DE", "BY"),
            territory("us", "US", ""),
        ],
        fallback_owners: vec![host(90), host(91)],
        sla_minutes: 60,
    }
}

/// `country region product_line`, each `-` when not known.
fn lead(text: &str) -> RoutedLead {
    let parts: Vec<_> = text.split_whitespace().map(|word| (word != "-").then(|| word.to_owned())).collect();
    let [country, region, product_line] = <[_; 3]>::try_from(parts).unwrap();
    let country = country.map(|code| CountryCode::parse(&code).unwrap());
    RoutedLead { existing_owner: None, country, region, product_line }
}

fn check(lead_text: &str, hosts: &[&str], owner: Option<u128>, outcome: Outcome) -> Decision {
    let hosts: Vec<_> = hosts.iter().map(|line| profile(line)).collect();
    let decision = decide(&rules(), &lead(lead_text), &hosts);
    assert_eq!((decision.owner, decision.outcome), (owner.map(host), outcome), "{}", decision.explain());
    assert_eq!(decision.version, 7);
    decision
}

#[test]
fn the_place_and_the_product_line_narrow_down() {
    let hosts = ["1: us | | 0/ | 1 | ", "2: dach | looms | 0/ | 1 | ", "3: dach | Engines | 9/ | 1 | "];
    let decision = check("AT - engines", &hosts, Some(3), Outcome::Routed);
    let explanation = format!(
        "3 of 3 hosts take leads. 2 of 3 hosts serve dach. 1 of 2 hosts serve the product line `engines`. 1 of 1 hosts \
         have room today. {} is the only one left.",
        host(3)
    );
    assert_eq!(decision.explain(), explanation);
    assert_eq!(decision.steps[1].dropped, [Dropped { host: host(1), reason: "serves us only".to_owned() }]);
}

#[test]
fn a_territory_that_names_the_region_goes_before_a_wider_one() {
    let hosts = ["1: dach | | 0/ | 1 | ", "2: bavaria | | 5/ | 1 | "];
    check("DE by -", &hosts, Some(2), Outcome::Routed);
    check("DE HH -", &hosts, Some(1), Outcome::Routed);
    check("DE - -", &hosts, Some(1), Outcome::Routed);
}

#[test]
fn a_host_without_territories_serves_everywhere() {
    check("JP - -", &["1: dach | | 0/ | 1 | ", "2: | | 5/ | 1 | "], Some(2), Outcome::Routed);
}

#[test]
fn what_is_not_known_narrows_nothing() {
    check("- - -", &["1: us | looms | 1/ | 1 | ", "2: dach | engines | 0/ | 1 | "], Some(2), Outcome::Routed);
}

#[test]
fn a_full_host_is_passed_over() {
    let decision = check("- - -", &["1: | | 5/5 | 1 | ", "2: | | 9/10 | 1 | "], Some(2), Outcome::Routed);
    let step = decision.steps.iter().find(|step| step.step == StepName::Capacity).unwrap();
    assert_eq!(step.dropped, [Dropped { host: host(1), reason: "has 5 of 5 leads today".to_owned() }]);
}

#[test]
fn ties_go_by_load_for_the_weight_then_by_waiting_then_by_id() {
    check("- - -", &["1: | | 3/ | 1 | ", "2: | | 4/ | 2 | 9"], Some(2), Outcome::Routed);
    check("- - -", &["1: | | 2/ | 1 | 9", "2: | | 4/ | 2 | 8"], Some(2), Outcome::Routed);
    check("- - -", &["1: | | 2/ | 1 | 9", "2: | | 2/ | 1 | "], Some(2), Outcome::Routed);
    check("- - -", &["2: | | 2/ | 1 | 9", "1: | | 2/ | 0 | 9"], Some(1), Outcome::Routed);
}

#[test]
fn an_active_owner_keeps_the_lead_even_without_room() {
    let hosts = [profile("1: us | | 5/5 | 1 | "), profile("2: | | 0/ | 1 | ")];
    let owned = RoutedLead { existing_owner: Some(host(1)), ..lead("DE - -") };
    let decision = decide(&rules(), &owned, &hosts);
    assert_eq!((decision.owner, decision.outcome), (Some(host(1)), Outcome::ExistingOwner));
}

#[test]
fn an_owner_who_left_does_not() {
    let hosts = [profile("1!: | | 0/ | 1 | "), profile("2: | | 0/ | 1 | ")];
    let owned = RoutedLead { existing_owner: Some(host(1)), ..lead("DE - -") };
    let decision = decide(&rules(), &owned, &hosts);
    assert_eq!((decision.owner, decision.outcome), (Some(host(2)), Outcome::Routed));
    assert!(decision.explain().contains("does not take leads any more"), "{}", decision.explain());
}

#[test]
fn the_first_active_fallback_takes_what_nobody_can() {
    let hosts = ["1: us | | 0/ | 1 | ", "90!: us | | 0/ | 1 | ", "91: us | | 0/ | 1 | "];
    check("DE - -", &hosts, Some(91), Outcome::Fallback);
    check("DE - -", &hosts[..2], None, Outcome::Unassigned);
    check("DE - -", &[], None, Outcome::Unassigned);
}

fn any_host() -> impl Strategy<Value = HostProfile> {
    let territory = prop::sample::select(vec!["", "dach", "us"]);
    (territory, 0..4_u32, 0..3_u32, 0..3_u32).prop_map(|(territory, assigned, weight, minute)| {
        profile(&format!("1: {territory} | | {assigned}/3 | {weight} | {minute}"))
    })
}

proptest! {
    #[test]
    fn the_order_of_hosts_does_not_matter(
        (hosts, shuffled) in prop::collection::vec(any_host(), 0..8).prop_flat_map(|mut hosts| {
            for (place, profile) in hosts.iter_mut().enumerate() {
                profile.host = host(place as u128);
            }
            (Just(hosts.clone()), Just(hosts).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(decide(&rules(), &lead("DE - -"), &hosts), decide(&rules(), &lead("DE - -"), &shuffled));
    }

    #[test]
    fn leads_are_shared_by_weight(weights in prop::collection::vec(1..5_u32, 1..5)) {
        let mut hosts: Vec<_> = weights.iter().enumerate().map(|(place, weight)| {
            HostProfile { host: host(place as u128), weight: *weight, ..profile("1: | | 0/ | 1 | ") }
        }).collect();
        let rounds = 10;
        for _ in 0..weights.iter().sum::<u32>() * rounds {
            let owner = decide(&rules(), &lead("- - -"), &hosts).owner;
            let taken = hosts.iter_mut().find(|profile| Some(profile.host) == owner).unwrap();
            taken.assigned_today += 1;
        }
        for profile in &hosts {
            prop_assert_eq!(profile.assigned_today, profile.weight * rounds);
        }
    }
}

//! The score itself, with its reasons.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::facts::texts;
use super::{Facts, Rule, ScoringModel, When};
use crate::activities::Activity;
use crate::ids::ScoringModelId;

/// Points by one version of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// The version's key.
    pub model: ScoringModelId,
    /// The version's number.
    pub version: i32,
    /// The sum of the parts.
    pub total: i32,
    /// The rules that gave or took points, in the model's order.
    pub parts: Vec<Part>,
}

/// What one rule contributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The rule's name.
    pub rule: String,
    /// Its points.
    pub points: i32,
    /// Why, in the rule's words; never the contact's values.
    pub why: String,
}

/// Measures `facts` by `model`.
pub fn score(model: &ScoringModel, facts: &Facts<'_>) -> Score {
    let parts: Vec<_> = model.rules.iter().filter_map(|rule| part(rule, facts)).collect();
    let total: i64 = parts.iter().map(|part| i64::from(part.points)).sum();
    Score { model: model.id, version: model.version, total: clamp(total), parts }
}

/// Whether `score` makes the contact marketing qualified for the first time.
///
/// `mql_at` is the memory: once it is set the answer is no for ever, whatever the score does. The score before does
/// not matter; asking that it was below would lose the contacts that a new version's lower threshold qualifies.
pub fn newly_reached(model: &ScoringModel, score: &Score, mql_at: Option<DateTime<Utc>>) -> bool {
    mql_at.is_none() && score.total >= model.threshold
}

fn part(rule: &Rule, facts: &Facts<'_>) -> Option<Part> {
    let (times, why) = match &rule.when {
        When::Field { field, is } => {
            let holds = facts.field(*field).is_some_and(|value| is.passes(value));
            (u32::from(holds), format!("{} {}", field.as_str(), is.words()))
        }
        When::Answer { question, is } => {
            let holds = facts.answer(question).iter().any(|value| is.passes(value));
            (u32::from(holds), format!("the answer to `{question}` {}", is.words()))
        }
        When::Activity { kind, property, times_max } => {
            let fits = |activity: &&Activity| {
                property.as_ref().is_none_or(|property| {
                    let value = activity.properties.get(&property.name);
                    value.is_some_and(|value| texts(value).iter().any(|text| property.is.passes(text)))
                })
            };
            let happened = u32::try_from(facts.activities(*kind).filter(fits).count()).unwrap_or(u32::MAX);
            let counted = happened.min(*times_max);
            (counted, format!("{kind} happened {}, of which {counted} count", times_in_words(happened)))
        }
    };
    let points = clamp(i64::from(rule.points) * i64::from(times));
    (points != 0).then(|| Part { rule: rule.name.clone(), points, why })
}

fn times_in_words(times: u32) -> String {
    if times == 1 { "once".to_owned() } else { format!("{times} times") }
}

fn clamp(points: i64) -> i32 {
    i32::try_from(points).unwrap_or(if points < 0 { i32::MIN } else { i32::MAX })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::activities::ActivityKind;
    use crate::contacts::{Attribution, Contact, CountryCode};
    use crate::ids::{ActivityId, ContactId, EntityId};

    fn model() -> ScoringModel {
        let rules = json!([
            { "name": "uk", "points": 10, "when": { "fact": "field", "field": "country", "is": { "one_of": ["gb", "ie"] } } },
            { "name": "big", "points": 20, "when": { "fact": "answer", "question": "size", "is": { "equals": "1000+" } } },
            { "name": "click", "points": 5, "when": { "fact": "activity", "kind": "email_click", "times_max": 3 } },
            { "name": "pricing", "points": 15, "when": { "fact": "activity", "kind": "page_view", "times_max": 1,
                "property": { "name": "url", "is": { "contains": "/Pricing" } } } },
            { "name": "came", "points": 7, "when": { "fact": "activity", "kind": "meeting_outcome", "times_max": 9,
                "property": { "name": "outcome", "is": { "equals": "completed" } } } },
            { "name": "student", "points": -30, "when": { "fact": "field", "field": "job_title", "is": { "contains": "student" } } },
        ]);
        let id = ScoringModelId::from_uuid(Uuid::from_u128(1));
        ScoringModel { id, version: 3, threshold: 50, rules: serde_json::from_value(rules).unwrap() }
    }

    fn ada() -> Contact {
        let mut contact = Contact::blank(ContactId::from_uuid(Uuid::from_u128(1)), DateTime::UNIX_EPOCH);
        contact.country = CountryCode::parse("GB").ok();
        contact
    }

    fn did(id: u128, minute: i64, kind: ActivityKind, properties: serde_json::Value) -> Activity {
        Activity {
            id: ActivityId::from_uuid(Uuid::from_u128(id)),
            contact: ada().id,
            kind,
            occurred_at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
            attribution: Attribution::default(),
            properties,
        }
    }

    fn check(activities: &[Activity], total: i32, expected: &[&str]) {
        let contact = ada();
        let score = score(&model(), &Facts::new(&contact, activities));
        let parts = score.parts.iter().map(|part| format!("{:+} {}: {}", part.points, part.rule, part.why));
        assert_eq!(parts.collect::<Vec<_>>(), expected);
        assert_eq!((score.total, score.version), (total, 3));
    }

    #[test]
    fn every_point_is_explained() {
        let clicks = (1..=4).map(|id| did(id, 0, ActivityKind::EmailClick, json!({})));
        let pricing = did(9, 1, ActivityKind::PageView, json!({ "url": "https://example.com/pricing?x" }));
        let home = did(10, 1, ActivityKind::PageView, json!({ "url": "https://example.com/" }));
        check(
            &clicks.chain([pricing, home]).collect::<Vec<_>>(),
            40,
            &[
                "+10 uk: country is one of 2 values",
                "+15 click: email_click happened 4 times, of which 3 count",
                "+15 pricing: page_view happened once, of which 1 count",
            ],
        );
    }

    #[test]
    fn the_latest_answer_counts() {
        let small = did(1, 5, ActivityKind::FormSubmit, json!({ "answers": { "size": "1-10" } }));
        let big = did(2, 1, ActivityKind::FormSubmit, json!({ "answers": { "size": ["1000+"] } }));
        check(&[small.clone(), big.clone()], 10, &["+10 uk: country is one of 2 values"]);
        let corrected = Activity { occurred_at: small.occurred_at + TimeDelta::minutes(1), ..big };
        check(
            &[small, corrected],
            30,
            &["+10 uk: country is one of 2 values", "+20 big: the answer to `size` is `1000+`"],
        );
    }

    #[test]
    fn of_each_meeting_the_latest_outcome_counts() {
        let outcome = |id, minute, meeting: &str, outcome: &str| {
            did(id, minute, ActivityKind::MeetingOutcome, json!({ "meeting": meeting, "outcome": outcome }))
        };
        let (came, other) = (outcome(1, 1, "mtg_1", "completed"), outcome(3, 1, "mtg_2", "completed"));
        let corrected = outcome(2, 2, "mtg_1", "no_show");
        let once = ["+10 uk: country is one of 2 values", "+7 came: meeting_outcome happened once, of which 1 count"];
        check(&[came.clone(), corrected.clone()], 10, &once[..1]);
        check(&[corrected, came, other], 17, &once);
    }

    #[test]
    fn other_people_s_activities_do_not_count() {
        let mut foreign = did(1, 0, ActivityKind::EmailClick, json!({}));
        foreign.contact = ContactId::from_uuid(Uuid::from_u128(2));
        check(&[foreign], 10, &["+10 uk: country is one of 2 values"]);
    }

    #[test]
    fn the_threshold_is_reached_once() {
        let reached = |total, mql_at| {
            newly_reached(&model(), &Score { model: model().id, version: 3, total, parts: vec![] }, mql_at)
        };
        assert!(!reached(49, None));
        assert!(reached(50, None));
        assert!(!reached(80, Some(DateTime::UNIX_EPOCH)), "qualified before");
    }

    fn any_activity() -> impl Strategy<Value = Activity> {
        (0..ActivityKind::ALL.len(), 0..4_i64, prop::sample::select(vec!["1-10", "1000+", "/pricing"])).prop_map(
            |(kind, minute, text)| {
                // The id follows from the content, as it does for a redelivered event.
                let id = kind as u128 * 100 + u128::try_from(minute).unwrap() * 10 + text.len() as u128;
                did(id, minute, ActivityKind::ALL[kind], json!({ "answers": { "size": text }, "url": text }))
            },
        )
    }

    proptest! {
        #[test]
        fn any_order_and_any_number_of_deliveries_give_one_score(
            (once, again) in prop::collection::vec(any_activity(), 0..20).prop_flat_map(|list| {
                let doubled: Vec<_> = list.iter().chain(&list).cloned().collect();
                (Just(list), Just(doubled).prop_shuffle())
            }),
        ) {
            let contact = ada();
            prop_assert_eq!(
                score(&model(), &Facts::new(&contact, &once)),
                score(&model(), &Facts::new(&contact, &again))
            );
        }
    }
}

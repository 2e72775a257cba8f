//! One immutable version of a scoring model.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ScoredField;
use crate::activities::ActivityKind;
use crate::contacts::fold;
use crate::ids::ScoringModelId;
use crate::limits::{SHORT_TEXT_LENGTH_MAX, is_short_text};

/// Rules of one model. A person has to understand the model; past this it should be several.
pub const RULES_MAX: usize = 200;
/// Points of one rule, either way: 200 rules of it still fit an `i32` many times over.
const POINTS_MAX: i32 = 10_000;
/// Times that one activity rule may count.
const TIMES_MAX: u32 = 1_000;
/// Values of one `one_of`.
const VALUES_MAX: usize = 300;

/// Rules and the threshold they are measured against. A change is a new version, never an edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoringModel {
    /// The key of this version.
    pub id: ScoringModelId,
    /// Counts versions, from 1.
    pub version: i32,
    /// A contact with this many points is marketing qualified.
    pub threshold: i32,
    /// What gives points.
    pub rules: Vec<Rule>,
}

/// Points for a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// A short name, unique in the model, e.g. `pricing-page`.
    pub name: String,
    /// Points, negative to take some away; for activities, per time.
    pub points: i32,
    /// The fact.
    pub when: When,
}

/// The fact that a rule looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum When {
    /// A field of the contact.
    Field {
        /// Which.
        field: ScoredField,
        /// What it has to be.
        is: Test,
    },
    /// The latest answer to a question of any form.
    Answer {
        /// The question's key.
        question: String,
        /// What any of the answered values has to be.
        is: Test,
    },
    /// Something the contact did.
    Activity {
        /// What.
        kind: ActivityKind,
        /// A property that it must have as well, e.g. the `url` of a page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        property: Option<PropertyTest>,
        /// How many times give points, at most.
        times_max: u32,
    },
}

/// A condition on one property of an activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyTest {
    /// The property's name.
    pub name: String,
    /// What it has to be.
    pub is: Test,
}

/// A comparison, without regard to case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// There is any value.
    Present,
    /// The value is this.
    Equals(String),
    /// The value is one of these.
    OneOf(Vec<String>),
    /// The value contains this.
    Contains(String),
}

impl Test {
    /// Whether `value` passes.
    pub fn passes(&self, value: &str) -> bool {
        let value = fold(value);
        match self {
            Self::Present => !value.is_empty(),
            Self::Equals(wanted) => value == fold(wanted),
            Self::OneOf(wanted) => wanted.iter().any(|wanted| value == fold(wanted)),
            Self::Contains(part) => value.contains(&fold(part)),
        }
    }

    /// What passing means, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Present => "is known".to_owned(),
            Self::Equals(wanted) => format!("is `{wanted}`"),
            Self::OneOf(wanted) => format!("is one of {} values", wanted.len()),
            Self::Contains(part) => format!("contains `{part}`"),
        }
    }

    fn texts(&self) -> &[String] {
        match self {
            Self::Present => &[],
            Self::Equals(text) | Self::Contains(text) => std::slice::from_ref(text),
            Self::OneOf(texts) => texts,
        }
    }
}

/// Why a model cannot be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelFault {
    /// None, or more than [`RULES_MAX`].
    #[error("a model has 1 to {RULES_MAX} rules")]
    RuleCount,
    /// Missing or too long.
    #[error("rule {rule}: a name has 1 to {SHORT_TEXT_LENGTH_MAX} characters")]
    Name {
        /// Position of the rule, from 0.
        rule: usize,
    },
    /// Two rules of one name could not be told apart in a score's parts.
    #[error("rule {rule}: the name is used by an earlier rule")]
    NameTwice {
        /// Position of the later rule, from 0.
        rule: usize,
    },
    /// Nothing, or too many.
    #[error("rule {rule}: points are not 0 and at most {POINTS_MAX} either way")]
    Points {
        /// Position of the rule, from 0.
        rule: usize,
    },
    /// Never, or too often.
    #[error("rule {rule}: an activity counts 1 to {TIMES_MAX} times")]
    Times {
        /// Position of the rule, from 0.
        rule: usize,
    },
    /// Missing or too long.
    #[error("rule {rule}: a question or a property has 1 to {SHORT_TEXT_LENGTH_MAX} characters")]
    Asked {
        /// Position of the rule, from 0.
        rule: usize,
    },
    /// An empty text would match everything or nothing.
    #[error("rule {rule}: a comparison has 1 to {VALUES_MAX} texts of 1 to {SHORT_TEXT_LENGTH_MAX} characters")]
    Comparison {
        /// Position of the rule, from 0.
        rule: usize,
    },
}

impl ScoringModel {
    /// Everything that is wrong with the model, all at once.
    pub fn faults(&self) -> Vec<ModelFault> {
        let mut faults = Vec::new();
        if !(1..=RULES_MAX).contains(&self.rules.len()) {
            faults.push(ModelFault::RuleCount);
        }
        let mut names = BTreeSet::new();
        for (place, rule) in self.rules.iter().enumerate() {
            if !is_short_text(&rule.name) {
                faults.push(ModelFault::Name { rule: place });
            }
            if !names.insert(rule.name.as_str()) {
                faults.push(ModelFault::NameTwice { rule: place });
            }
            if rule.points == 0 || rule.points.unsigned_abs() > POINTS_MAX.unsigned_abs() {
                faults.push(ModelFault::Points { rule: place });
            }
            faults.extend(condition_fault(place, &rule.when));
        }
        faults
    }
}

fn condition_fault(rule: usize, when: &When) -> Option<ModelFault> {
    let asked = match when {
        When::Answer { question, .. } => Some(question),
        When::Activity { property, .. } => property.as_ref().map(|property| &property.name),
        When::Field { .. } => None,
    };
    if asked.is_some_and(|text| !is_short_text(text)) {
        return Some(ModelFault::Asked { rule });
    }
    let test = match when {
        When::Field { is, .. } | When::Answer { is, .. } => Some(is),
        When::Activity { times_max, .. } if !(1..=TIMES_MAX).contains(times_max) => {
            return Some(ModelFault::Times { rule });
        }
        When::Activity { property, .. } => property.as_ref().map(|property| &property.is),
    }?;
    let texts = test.texts();
    let fits = matches!(test, Test::Present) || (1..=VALUES_MAX).contains(&texts.len());
    (!fits || !texts.iter().all(|text| is_short_text(text))).then_some(ModelFault::Comparison { rule })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::ids::EntityId;

    fn check(rules: serde_json::Value, expected: &[&str]) {
        let rules = serde_json::from_value(rules).unwrap();
        let id = ScoringModelId::from_uuid(Uuid::from_u128(1));
        let faults = ScoringModel { id, version: 1, threshold: 50, rules }.faults();
        assert_eq!(faults.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_sound_model_has_no_faults() {
        check(
            serde_json::json!([
                { "name": "uk", "points": 10, "when": { "fact": "field", "field": "country", "is": { "equals": "GB" } } },
                { "name": "phone", "points": 5, "when": { "fact": "field", "field": "phone", "is": "present" } },
                { "name": "pricing", "points": 15, "when": {
                    "fact": "activity", "kind": "page_view", "times_max": 2,
                    "property": { "name": "url", "is": { "contains": "/pricing" } } } },
            ]),
            &[],
        );
    }

    #[test]
    fn every_fault_is_named_at_once() {
        check(
            serde_json::json!([
                { "name": "", "points": 0, "when": { "fact": "field", "field": "country", "is": { "equals": " " } } },
                { "name": "", "points": 5, "when": { "fact": "activity", "kind": "page_view", "times_max": 0 } },
                { "name": "b", "points": -5, "when": { "fact": "answer", "question": "q", "is": { "one_of": [] } } },
                { "name": "c", "points": -5, "when": { "fact": "answer", "question": "", "is": "present" } },
            ]),
            &[
                "rule 0: a name has 1 to 200 characters",
                "rule 0: points are not 0 and at most 10000 either way",
                "rule 0: a comparison has 1 to 300 texts of 1 to 200 characters",
                "rule 1: a name has 1 to 200 characters",
                "rule 1: the name is used by an earlier rule",
                "rule 1: an activity counts 1 to 1000 times",
                "rule 2: a comparison has 1 to 300 texts of 1 to 200 characters",
                "rule 3: a question or a property has 1 to 200 characters",
            ],
        );
        check(serde_json::json!([]), &["a model has 1 to 200 rules"]);
    }
}

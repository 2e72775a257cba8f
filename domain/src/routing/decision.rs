//! A routing decision and its reasons, as they are kept.

use serde::{Deserialize, Serialize};

use crate::ids::{HostId, RoutingRulesId};

/// Who takes the lead, and why. Contains ids and reasons, no personal data of the lead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The version of the rules.
    pub rules: RoutingRulesId,
    /// Its number.
    pub version: i32,
    /// The new owner; `None` when there is nobody at all.
    pub owner: Option<HostId>,
    /// How the owner was found.
    pub outcome: Outcome,
    /// Every step that was taken, in order.
    pub steps: Vec<Step>,
}

/// How a decision ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The lead stays with its owner.
    ExistingOwner,
    /// The rules chose.
    Routed,
    /// The rules left nobody; a fallback owner takes it.
    Fallback,
    /// Nobody is active. People have to be alerted.
    Unassigned,
}

impl Outcome {
    /// Whether somebody was given a lead, which their capacity and their turn count.
    pub const fn is_assignment(self) -> bool {
        matches!(self, Self::Routed | Self::Fallback)
    }
}

/// What a step looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepName {
    /// Who takes leads at all.
    Active,
    /// Whether the lead has an owner.
    ExistingOwner,
    /// Who serves the place.
    Territory,
    /// Who serves the product line.
    ProductLine,
    /// Who has room today.
    Capacity,
    /// Whose turn it is.
    Fairness,
    /// Who takes what nobody can.
    Fallback,
}

/// One step: who was left, who was not and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it looked at.
    pub step: StepName,
    /// Who was left, by id.
    pub kept: Vec<HostId>,
    /// Who was not, by id.
    pub dropped: Vec<Dropped>,
    /// The step in a sentence.
    pub because: String,
}

/// A host that a step left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Who.
    pub host: HostId,
    /// Why, e.g. `has 5 of 5 leads today`.
    pub reason: String,
}

impl Decision {
    /// The decision in sentences, for the operator console.
    pub fn explain(&self) -> String {
        self.steps.iter().map(|step| step.because.as_str()).collect::<Vec<_>>().join(" ")
    }
}

//! How promising a contact is: points by the rules of one immutable model version.
//!
//! A score is a function of a *set* of facts. Activities are counted once per id and answers are read in the order
//! of their time, so the order and the number of deliveries cannot change it. Points do not fade with age: a score
//! that changed without an event could not be explained.

mod facts;
mod model;
mod score;

pub use facts::{Facts, ScoredField};
pub use model::{ModelFault, PropertyTest, RULES_MAX, Rule, ScoringModel, Test, When};
pub use score::{Part, Score, newly_reached, score};

//! Who takes the lead: the existing owner, else territory, product line, capacity and fairness, in this order.
//!
//! The decision is a pure function of the rules, the lead and the hosts as they stand, and explains itself. Being
//! fair under races is the store's part: it counts assignments in the transaction that writes the decision.

mod decide;
mod decision;
mod rules;
mod task;

pub use decide::decide;
pub use decision::{Decision, Dropped, Outcome, Step, StepName};
pub use rules::{HostProfile, RoutedLead, RoutingRules, Territory, sla_due};
pub use task::{RoutingRecord, Task};

//! Who may do what: one policy table, and permits that only it can make.

mod actor;
mod permit;
mod scope;

pub use actor::Actor;
pub use permit::{Action, Denied, Permit, action};
pub use scope::{Grants, Scope};

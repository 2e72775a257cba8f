//! Who may do and see what: one policy table, and permits that only it can make.

mod actor;
mod permit;
pub mod policy;
mod scope;

pub use actor::Actor;
pub use permit::{Action, Denied, Permit, action};
pub use scope::{Grants, Scope};

//! Who may do what: one policy table, and permits that only it can make.

mod actor;

pub use actor::Actor;

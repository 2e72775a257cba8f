//! One file per intent. A command loads state, lets pure domain code decide, writes the new state and its facts in
//! one transaction, and commits. What follows from it (subscriptions, webhooks, CRM) follows from the facts, later.
//!
//! The shape is the same everywhere: ask for the permit, validate, [`idempotency::open`], decide, write,
//! [`idempotency::Keyed::finish`]. Refusals are decided before the first write. No network call happens in here.

pub mod availability;
pub mod consent;
pub mod contacts;
mod failure;
pub mod idempotency;
pub mod integrations;
pub mod meetings;
mod reason;
pub mod routing;
pub mod scoring;
pub mod webhooks;
pub mod workspaces;

use persistence::Database;
use persistence::bus::Bus;

pub use failure::{Answered, Failure, Outcome};

/// Where commands write and whom they wake.
#[derive(Debug, Clone)]
pub struct Stores {
    /// The store.
    pub database: Database,
    /// The bus.
    pub bus: Bus,
}

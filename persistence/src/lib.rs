//! The stores we own, on SQLite and on PostgreSQL behind one [`Database`], and the bus that carries hints.
//!
//! SeaORM stays inside this crate: what comes in and goes out are domain values. Every function here takes a
//! [`Scope`], which is bound to one workspace; the few that serve the relay and the lanes of all workspaces take a
//! [`SystemTx`] and say so.

pub mod accounts;
pub mod activities;
pub mod answers;
pub mod availability;
pub mod bus;
pub mod consent;
pub mod contacts;
mod convert;
mod database;
pub mod deliveries;
mod error;
pub mod events;
pub mod integrations;
pub mod lone_worker;
pub mod meetings;
pub mod meters;
pub mod routing;
mod scope;
pub mod scoring;
mod sealed;
mod table;
pub mod watch;
pub mod webhooks;
pub mod workspaces;

pub use database::{Database, Engine};
pub use error::StoreError;
pub use scope::{Reader, Scope, SystemTx, Tx};
pub use sealed::Sealer;

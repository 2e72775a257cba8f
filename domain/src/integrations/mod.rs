//! Integrations: a workspace's links to systems that others own, and the ports our connectors implement.

mod breaker;
mod connection;
pub mod crm;
mod delivery;
mod edit;
mod lane;
mod pace;
mod secrets;
mod turns;

pub use breaker::{Breaker, Circuit, FAILURES_TO_OPEN, Trial, Verdict};
pub use connection::{Connection, ConnectionStatus, EntityLink, Provider};
pub use delivery::{Backoff, Delivery, DeliveryState, Job};
pub use edit::edited_fields;
pub use lane::{OnDeath, Turn, next_turn};
pub use pace::{PACED_AHEAD, Pace};
pub use secrets::{ConnectionSecrets, RetiringSecret};
pub use turns::{Candidate, share};

//! Integrations: a workspace's links to systems that others own, and the ports our connectors implement.

mod connection;
pub mod crm;
mod delivery;

pub use connection::{Connection, ConnectionSecrets, ConnectionStatus, EntityLink, Provider};
pub use delivery::{Backoff, Delivery, DeliveryState, Job};

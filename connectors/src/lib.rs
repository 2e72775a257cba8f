//! Systems that others own: one adapter per provider behind a port of `domain`, over one HTTP client.
//!
//! A connector translates and nothing else. It keeps no state that matters, retries nothing by itself (the lanes of
//! `worker` do, with the waits that a [`Fault`](domain::integrations::crm::Fault) tells), and cannot see the database.

pub mod crm;
pub mod documents;
pub mod http;
mod redact;
mod waits;
pub mod webhooks;

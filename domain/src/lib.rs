//! What is true about the lead-to-meeting handoff, and nothing else.
//!
//! Everything here is pure: no IO, no clock, no framework, no randomness of its own. A function takes what it
//! needs (`now`, ids, rules) as arguments and answers; the rooms around it do the acting. Deliberately absent:
//! row types (`persistence`), schema objects (`api`), wire formats of other systems (`connectors`).

pub mod access;
pub mod accounts;
pub mod activities;
pub mod availability;
pub mod consent;
pub mod contacts;
pub mod errors;
pub mod events;
pub mod ids;
pub mod integrations;
pub mod limits;
pub mod meetings;
pub mod metering;
pub mod operation;
pub mod routing;
pub mod scoring;
pub mod time;
pub mod webhooks;
pub mod workspaces;

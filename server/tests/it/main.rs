//! The whole system from outside: real processes of the real binary on real stores, spoken to over HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where its stage cannot be set"
)]

#[macro_use]
mod support;

mod access;
mod bad_input;
mod booking;
mod catalogue;
mod conformance;
mod consent;
mod cors;
mod crashes;
mod crm_faults;
mod dead_letters;
mod encryption;
mod endpoints;
mod hiding;
mod hooks;
mod hostile;
mod idempotency;
mod journey;
mod leadership;
mod leads;
mod limits;
mod listener;
mod lone_worker;
mod measures;
mod oauth;
mod pages;
mod privacy;
mod protection;
mod repeated_forms;
mod replays;
mod runbook;
mod scoring;
mod settings;
mod slots;
mod streams;
mod target;
mod tenants;
mod trusted;

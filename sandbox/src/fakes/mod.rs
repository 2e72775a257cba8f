//! Fake providers: stateful HTTP servers that speak a vendor's protocol over real TCP.
//!
//! A fake is not a mock. It keeps what it was told, enforces the vendor's rules, and answers in the vendor's shapes,
//! so well that the vendor's official client works against it unchanged (`tests/official_clients.rs`). What makes it
//! useful in tests lies outside the vendor's paths, under `/_fake`: a script of [`faults`] and a log of the
//! [`traffic`].

pub mod faults;
mod gate;
pub mod hubspot;
mod journal;
pub mod traffic;

//! Slots and zones from the outside: worked cases in prose, laws, and an independent brute force in Python.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests: a story that cannot be told fails its test")]

mod arbitrary;
mod explaining;
mod hours;
mod laws;
mod limits;
mod oracle;
mod server_zone;
mod story;
mod taken;
mod validation;
mod windows;
mod worked_cases;
mod zones;

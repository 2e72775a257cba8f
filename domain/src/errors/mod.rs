//! The error catalogue: one table that the API, the documents and the tests are generated from.
//!
//! A code appears here or it does not exist: `ErrorCode` is the only way to name one.

mod catalogue;
mod examples;
mod refusal;

pub use catalogue::{Entry, ErrorCode, markdown};
pub use examples::{Example, example};
pub use refusal::{Detail, Refusal, Violation};

//! What contacts did: facts with a time, never changed, counted once per id.

mod activity;

pub use activity::{Activity, ActivityKind};

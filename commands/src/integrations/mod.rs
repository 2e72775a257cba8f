//! Deliveries to other systems: how they end, and how people send them again.

mod replay_dead_letter;
mod settle;

pub use replay_dead_letter::{ReplayDeadLetter, Replayed, replay_dead_letter};
pub use settle::{Ended, record_receipt, settle};

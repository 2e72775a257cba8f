//! Deliveries to other systems: how they end, and what people decide about those that could not be made.

mod discard_dead_letter;
mod edit_dead_letter;
mod meanwhile;
mod replay_dead_letter;
mod replay_dead_letters;
mod set_delivery_policy;
mod settle;

pub use discard_dead_letter::{DiscardDeadLetter, Discarded, discard_dead_letter};
pub use edit_dead_letter::{EditDeadLetter, Edited, edit_dead_letter};
pub use replay_dead_letter::{ReplayDeadLetter, Replayed, replay_dead_letter};
pub use replay_dead_letters::{ReplayDeadLetters, ReplayedMany, replay_dead_letters};
pub use set_delivery_policy::{PolicyFor, PolicySet, SetDeliveryPolicy, set_delivery_policy};
pub use settle::{Ended, settle};

//! What comes in from outside, stored before it is acknowledged.

mod receive;

pub use receive::{ReceiveSubmission, Received, receive_submission};

//! Webhooks, both ways: what comes in from outside is stored before it is acknowledged; endpoints that are told of
//! events are made, changed and watched.

mod advance_replay;
mod change_endpoint;
mod create_endpoint;
mod keep;
mod own;
mod receive;
mod receive_batch;
mod record_attempts;
mod resolve_quarantined;
mod rotate_secret;
mod start_replay;
mod turn_replay;
mod update_endpoint;
mod warn_of_secret;

pub use advance_replay::advance_replay;
pub use change_endpoint::{ChangeEndpoint, EndpointStep, change_endpoint};
pub use create_endpoint::{CreateEndpoint, create_endpoint};
pub use keep::{KeepDelivery, Kept, keep_delivery};
pub use own::{EndpointAnswer, NewSecret};
pub use receive::{ReceiveSubmission, Received, receive_submission};
pub use receive_batch::{BatchItem, BatchResult, receive_batch};
pub use record_attempts::MadeAttempt;
pub(crate) use record_attempts::record_attempts;
pub use resolve_quarantined::{DiscardQuarantined, RepairQuarantined, discard_quarantined, repair_quarantined};
pub use rotate_secret::{RotateSecret, rotate_secret};
pub use start_replay::{ReplayAnswer, StartReplay, start_replay};
pub use turn_replay::{ReplayStep, TurnReplay, turn_replay};
pub use update_endpoint::{UpdateEndpoint, update_endpoint};
pub use warn_of_secret::warn_of_secret;

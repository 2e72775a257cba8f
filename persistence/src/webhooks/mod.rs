//! Webhooks, both ways: forms and other deliveries that came in, endpoints that are told of events, every attempt to
//! reach those, and replays.

mod attempts;
mod endpoints;
mod inbound;
mod replays;
mod submissions;
mod traffic;

pub use attempts::{Tally, forget_attempts, insert_attempts, list_attempts, tally};
pub use endpoints::{
    Standing, Subscriber, count_endpoints, delete_endpoint, find_endpoint, find_standing, forget_endpoint_failures,
    insert_endpoint, list_endpoints, lock_endpoint, open_endpoint, open_endpoints, replace_endpoint, reserve_endpoints,
    secret_warnings, subscribers,
};
pub use inbound::{
    InboundFilter, find_inbound, find_known_inbound, forget_inbound, insert_inbound, list_inbound, lock_inbound,
    lock_quarantined, open_inbound_body, resolve_inbound, supersede,
};
pub use replays::{
    count_open_replays, find_replay, insert_replay, list_replays, lock_replay, replace_replay, running_replays,
};
pub use submissions::{
    KeptForm, correct_form, find_by_delivery, find_kept_form, find_known, find_submission, insert_new,
    insert_submission, lock_submission, lock_waiting_form, replace_submission,
};
pub use traffic::{add_traffic, forget_traffic, traffic_of};

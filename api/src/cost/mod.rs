//! What a request costs, before it runs: its fields, their objects and the sizes of its lists, at the prices that the
//! schema publishes.
//!
//! [`Prices`] are read from the SDL, [`Plan`] is one request at those prices, [`explain`] tells a caller without
//! executing anything. Deliberately absent: who pays ([`crate::admission`]).

mod arguments;
mod explain;
mod plan;
mod prices;

pub(crate) use explain::{explanation, is_asked_for};
pub(crate) use plan::Plan;
pub(crate) use prices::Prices;

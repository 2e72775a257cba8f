//! placeholder
pub mod gateway;

//! A place to try Meridian in: fake providers that the vendors' own client libraries accept.

pub mod fakes;

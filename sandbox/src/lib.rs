//! A place to try Meridian in: a seeded company with everything it needs, the callers who work with it, and fake
//! providers that the vendors' own client libraries accept.
//!
//! Nothing here is needed in production, and nothing here binds the API or runs the worker: `server` does, in the
//! same way as in production.

mod data_dir;
pub mod fakes;
mod manifest;
mod pages;
mod personas;
mod seed;
mod welcome;

pub use data_dir::DataDir;
pub use manifest::{Hook, Manifest, MemberEntry, PersonaEntry, Urls, WorkspaceEntry};
pub use personas::ClientSecret;
pub use seed::{CrmAccount, Ground, Prepared, Sites, prepare};
pub use welcome::welcome;

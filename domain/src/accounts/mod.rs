//! Companies that contacts belong to, and how a contact finds its company.

mod account;
mod free_mail;

pub use account::{Account, AccountKey};
pub use free_mail::is_free_mail;

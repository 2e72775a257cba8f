//! People: how their details are normalised, how an incoming lead finds its contact, and what an upsert changes.
//!
//! A contact's key is its `ContactId` and nothing else. E-mail, phone and name + company are *secondary* keys:
//! normalised here, compared here, never used as an identifier. Deliberately absent: fuzzy likeness (it only
//! proposes, a person decides) and encryption (a store's business).

mod attribution;
mod company;
mod contact;
mod country;
mod email;
mod fold;
mod matching;
mod merge;
mod name;
mod phone;

pub use attribution::Attribution;
pub use company::company_key;
pub use contact::{Contact, LeadFacts, LeadKeys, Lifecycle};
pub use country::{CountryCode, CountryError};
pub use email::{EmailAddress, EmailError};
pub use fold::fold;
pub use matching::{Candidate, Comparison, MatchKey, Resolution, Step, resolve};
pub use merge::merge_into;
pub use name::{PersonName, tidy};
pub use phone::{PhoneError, PhoneNumber};

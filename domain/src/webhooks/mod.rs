//! What comes in from outside: is it authentic, is it well formed, and what does it say?
//!
//! Pure: raw bytes and header texts in, typed values or typed refusals out. Deduplication, storing and answering
//! are `api`'s and `persistence`'s business.

mod form;
mod lead;
mod registry;
mod schema;
mod signature;
mod submission;
mod times;

pub use form::{
    Answer, FormAttribution, FormConsent, FormContact, FormSubmission, LocalStart, WebformSubmitted, parse, parse_value,
};
pub use lead::{LeadWarning, lead_facts};
pub use registry::{PublishedSchema, SCHEMAS, violations};
pub use schema::{VIOLATIONS_MAX, Violation};
pub(crate) use schema::{compile, report};
pub use signature::{Greeting, Incoming, Scheme, SecretError, SignatureError, SigningSecret, Verified};
pub use submission::{Submission, SubmissionState};
pub use times::refuse_times;

//! Webhooks, both ways. What comes in from outside: is it authentic, is it well formed, and what does it say? What goes
//! out: to which [`endpoint`], signed how, and what does its answer mean?
//!
//! Pure: raw bytes and header texts in, typed values or typed refusals out. Deduplication, storing, sending and
//! answering are the business of the rooms around.

pub mod endpoint;
mod form;
mod inbound;
mod lead;
mod registry;
pub mod replay;
mod schema;
mod signature;
mod submission;
mod times;
mod traffic;

pub use form::{
    Answer, FormAttribution, FormConsent, FormContact, FormSubmission, LocalStart, WebformSubmitted, parse, parse_value,
};
pub use inbound::{InboundDelivery, InboundState, Resolution, kept_headers, read_form, read_form_value};
pub use lead::{LeadWarning, lead_facts};
pub use registry::{PublishedSchema, SCHEMAS, violations};
pub use schema::{VIOLATIONS_MAX, Violation};
pub(crate) use schema::{compile, plain_part, report};
pub(crate) use signature::standard;
pub use signature::{
    Greeting, Incoming, PrivateKey, Scheme, SecretError, SignatureError, SigningSecret, Verified, is_delivery_id,
};
pub use submission::{Submission, SubmissionState};
pub use times::refuse_times;
pub use traffic::{HourlyTraffic, InboundHealth, InboundOutcome};

//! From a form to a known, scored and routed contact.

mod activity;
pub(crate) mod met;
mod pipeline;
mod submit_form;

pub(crate) use activity::note_activity;
pub use pipeline::Processed;
pub use submit_form::{SubmitForm, process_submission, submit_form};

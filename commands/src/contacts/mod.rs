//! From a form to a known, scored and routed contact.

mod deed;
pub(crate) mod met;
mod pipeline;
mod score;
mod submit_form;

pub(crate) use deed::{Deed, write_with};
pub use pipeline::Processed;
pub use submit_form::{SubmitForm, process_submission, submit_form};

//! Contacts: people met, with what is known, scored and decided about them.

mod attribution;
mod contact;
mod queries;

pub(crate) use attribution::AttributionObject;
pub(crate) use contact::ContactObject;
pub(crate) use queries::ContactsQuery;

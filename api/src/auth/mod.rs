//! Who calls: access tokens (RFC 9068) and the token endpoint that issues them (RFC 6749 §4.4).

mod token_endpoint;
mod tokens;

pub(crate) use token_endpoint::routes;
pub(crate) use tokens::{Caller, TokenFault, Tokens};

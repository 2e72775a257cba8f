//! Who may come in: members sign in and allow clients; clients prove themselves, redeem and refresh what they were
//! given; all of it can be revoked.
//!
//! Page tokens, and what clients may send and from where, are decided like anything else, through the API. The other
//! intents come from the OAuth endpoints, before there is a token: they carry no idempotency key, and what they
//! say about themselves (a password, a secret, a signature) takes the place of a permit.

mod allow_client;
mod change_password;
mod client_access;
mod page_tokens;
mod redeem_code;
mod refresh;
mod revoke;
mod rotate_signing_key;
mod sign_in;
mod use_assertion;

pub use allow_client::allow_client;
pub use change_password::change_password;
pub use client_access::{
    DocumentsGone, DocumentsNamed, RegisterDocuments, SetClientOrigins, SetDocumentPolicy, register_documents,
    set_client_origins, set_document_policy, unregister_documents,
};
pub use page_tokens::{RevokePageToken, create_page_token, revoke_page_token};
pub use redeem_code::{RedeemCode, redeem_code};
pub use refresh::{Refreshed, ShownToken, refresh};
pub use revoke::{revoke_grant, revoke_token};
pub use rotate_signing_key::rotate_signing_key;
pub use sign_in::{attempt_sign_in, sign_in, sign_out};
pub use use_assertion::use_assertion;

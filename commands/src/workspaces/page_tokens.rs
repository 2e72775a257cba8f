//! Page tokens: made for a booking page, and revoked.

use domain::access::{Permit, action};
use domain::errors::{ErrorCode, Refusal};
use domain::ids::PageTokenId;
use domain::limits::PAGE_TOKENS_MAX;
use domain::operation::Operation;
use domain::workspaces::{PageToken, PageTokenSettings};
use persistence::availability::find_meeting_type;
use persistence::workspaces::{count_page_tokens, insert_page_token, lock_page_token, replace_page_token};
use serde::Serialize;

use crate::idempotency::{Opened, open};
use crate::{Answered, Failure, Outcome, Stores};

/// A token that is to end.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct RevokePageToken {
    /// Which.
    pub token: PageTokenId,
}

/// Makes a page token. Refusals: `FIELD_MISMATCH`, `NOT_FOUND`.
pub async fn create_page_token(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: PageTokenSettings,
) -> Result<Answered<PageToken>, Failure> {
    let permit: Permit<action::ManagePages> = operation.permit()?;
    let violations = input.violations();
    if !violations.is_empty() {
        return Ok(Answered::invalid(violations));
    }
    let keyed = match open(stores, operation, key, ("createPageToken", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let tx = &keyed.tx;
    // Two who make the last one allowed meet here.
    tx.lock_names(&["page_tokens".to_owned()]).await?;
    for meeting_type in &input.meeting_types {
        if find_meeting_type(tx, *meeting_type).await?.is_none() {
            let outcome = Outcome::refused(Refusal::not_found("input.meetingTypeIds"));
            return keyed.finish(stores, operation, outcome).await;
        }
    }
    let outcome = if count_page_tokens(tx).await? >= PAGE_TOKENS_MAX {
        let message = format!("A workspace has at most {PAGE_TOKENS_MAX} page tokens.");
        Outcome::refused(Refusal::field(ErrorCode::FieldMismatch, "input.name", message))
    } else {
        let token = PageToken::create(&permit, operation.new_id(), input, operation.now);
        insert_page_token(tx, &token).await?;
        Outcome::Done(token)
    };
    keyed.finish(stores, operation, outcome).await
}

/// Revokes a page token. Refusals: `NOT_FOUND`. One that has been revoked stays so.
pub async fn revoke_page_token(
    stores: &Stores,
    operation: &Operation,
    key: &str,
    input: RevokePageToken,
) -> Result<Answered<PageToken>, Failure> {
    let permit: Permit<action::ManagePages> = operation.permit()?;
    let keyed = match open(stores, operation, key, ("revokePageToken", &input)).await? {
        Opened::Replay(answer) => return Ok(answer),
        Opened::New(keyed) => keyed,
    };
    let outcome = match lock_page_token(&keyed.tx, input.token).await? {
        Some(token) => {
            let revoked = token.revoke(&permit, operation.now);
            replace_page_token(&keyed.tx, &revoked).await?;
            Outcome::Done(revoked)
        }
        None => Outcome::refused(Refusal::not_found("input.pageTokenId")),
    };
    keyed.finish(stores, operation, outcome).await
}

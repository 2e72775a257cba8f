//! Redeem: a code becomes the first refresh token of its family. Shown twice, it ends what came of it.

use chrono::{DateTime, Utc};
use domain::ids::TokenId;
use domain::workspaces::{Client, CodeFault, Grant, RefreshToken, secret_digest};
use persistence::workspaces::{insert_refresh_token, lock_grant_of_code, set_redeemed};

use super::revoke::end_family;
use crate::{Failure, Stores};

/// What a client shows.
pub struct RedeemCode<'a> {
    /// Which client.
    pub client: &'a Client,
    /// The code.
    pub code: &'a str,
    /// Where it was sent to.
    pub redirect_uri: &'a str,
    /// The secret behind the challenge (RFC 7636).
    pub verifier: &'a str,
    /// The refresh token that it would be given, with its id.
    pub next: (TokenId, &'a str),
}

impl std::fmt::Debug for RedeemCode<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedeemCode").field("client", &self.client.id).finish_non_exhaustive()
    }
}

/// The grant, or `None` when the code is not this client's to redeem.
pub async fn redeem_code(stores: &Stores, input: RedeemCode<'_>, now: DateTime<Utc>) -> Result<Option<Grant>, Failure> {
    let tx = stores.database.begin(input.client.workspace).await?;
    let Some(grant) = lock_grant_of_code(&tx, secret_digest(input.code)).await? else { return Ok(None) };
    match grant.redeem((input.client.id, input.redirect_uri, input.verifier), now) {
        Ok(()) => {}
        Err(CodeFault::Unfit) => return Ok(None),
        Err(CodeFault::Used) => {
            end_family(&tx, grant.id, now).await?;
            tx.commit().await?;
            stores.bus.publish(persistence::bus::Hint::Revoked);
            return Ok(None);
        }
    }
    set_redeemed(&tx, grant.id, now).await?;
    let (id, secret) = input.next;
    let first = RefreshToken { id, grant: grant.id, parent: None, created_at: now, used_at: None };
    insert_refresh_token(&tx, &first, secret_digest(secret)).await?;
    tx.commit().await?;
    Ok(Some(grant))
}

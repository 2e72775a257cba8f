//! Refresh: a refresh token is given up for the next. One that two have ends the family (OAuth 2.1 §4.3.1).

use chrono::{DateTime, Utc};
use domain::access::Grants;
use domain::ids::TokenId;
use domain::workspaces::{Client, Grant, RefreshToken, Shown, secret_digest};
use persistence::bus::Hint;
use persistence::workspaces::{find_refresh_token, insert_refresh_token, is_followed, lock_grant, set_used};

use super::revoke::end_family;
use crate::{Failure, Stores};

/// What a client shows.
pub struct ShownToken<'a> {
    /// Which client.
    pub client: &'a Client,
    /// The refresh token.
    pub token: &'a str,
    /// What it wants the access token to be good for; all that was allowed, if it does not say.
    pub wanted: Option<&'a Grants>,
    /// The refresh token that it would be given, with its id.
    pub next: (TokenId, &'a str),
}

impl std::fmt::Debug for ShownToken<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShownToken").field("client", &self.client.id).finish_non_exhaustive()
    }
}

/// What came of showing a refresh token.
#[derive(Debug)]
pub enum Refreshed {
    /// The next one is good.
    Done(Grant),
    /// It is not this client's, or over.
    Refused,
    /// More is wanted than was allowed. The token stays as good as it was.
    TooMuch,
    /// Two had it: nothing of the family is good any more.
    Ended(Grant),
}

/// Gives up a refresh token for the next.
pub async fn refresh(stores: &Stores, input: ShownToken<'_>, now: DateTime<Utc>) -> Result<Refreshed, Failure> {
    let ShownToken { client, token, wanted, next: (id, secret) } = input;
    let tx = stores.database.begin(client.workspace).await?;
    let digest = secret_digest(token);
    let Some(found) = find_refresh_token(&tx, digest.clone()).await? else { return Ok(Refreshed::Refused) };
    let Some(grant) = lock_grant(&tx, found.grant).await? else { return Ok(Refreshed::Refused) };
    if grant.client != client.id || grant.revoked_at.is_some() || now >= grant.ends_at() {
        return Ok(Refreshed::Refused);
    }
    // Again, now that nobody else goes on with the family.
    let Some(token) = find_refresh_token(&tx, digest).await? else { return Ok(Refreshed::Refused) };
    let shown = token.shown(is_followed(&tx, token.id).await?, now);
    if shown == Shown::Stolen {
        end_family(&tx, grant.id, now).await?;
        tx.commit().await?;
        stores.bus.publish(Hint::Revoked);
        return Ok(Refreshed::Ended(grant));
    }
    if wanted.is_some_and(|wanted| wanted.intersection(&grant.scopes) != *wanted) {
        return Ok(Refreshed::TooMuch);
    }
    match shown {
        Shown::Newest => set_used(&tx, token.id, now).await?,
        Shown::Twice => {}
        Shown::Over | Shown::Stolen => return Ok(Refreshed::Refused),
    }
    let next = RefreshToken { id, grant: grant.id, parent: Some(token.id), created_at: now, used_at: None };
    insert_refresh_token(&tx, &next, secret_digest(secret)).await?;
    tx.commit().await?;
    Ok(Refreshed::Done(grant))
}

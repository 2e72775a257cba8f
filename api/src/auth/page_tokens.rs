//! Page tokens as bearers.
//!
//! What a server has read of a token is good for two seconds, so one that is revoked anywhere is refused everywhere
//! within five. Deliberately absent: from where and how often one may be used, which the gate of the schema asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use domain::ids::{EntityId, PageTokenId, TokenId, WorkspaceId};
use domain::workspaces::PageToken;
use persistence::workspaces::find_page_token;
use persistence::{Database, StoreError};

use super::tokens::{Caller, Ground, TokenFault};

/// How long what was read is believed.
const BELIEVED: TimeDelta = TimeDelta::seconds(2);
/// Tokens that a server remembers. Beyond it, it forgets all and reads anew.
const REMEMBERED_MAX: usize = 10_000;
/// Until when a caller with a page token is good: requests are short, and sockets are not for them.
const CALLER_LIFETIME: TimeDelta = TimeDelta::minutes(1);

/// A token as it was read.
struct Known {
    workspace: WorkspaceId,
    token: Arc<PageToken>,
    read_at: DateTime<Utc>,
}

/// What this server knows of page tokens.
#[derive(Default)]
pub(super) struct PageTokens(Mutex<HashMap<PageTokenId, Known>>);

impl PageTokens {
    /// Who the bearer of a page token is.
    pub(super) async fn check(
        &self,
        database: &Database,
        id: PageTokenId,
        now: DateTime<Utc>,
    ) -> Result<Caller, TokenFault> {
        let known = match self.known(id, now) {
            Some(known) => Some(known),
            None => self.read(database, id, now).await.map_err(|error| {
                tracing::warn!(%error, "a page token could not be read");
                TokenFault::Unknown
            })?,
        };
        let (workspace, page) = known.filter(|(_, token)| token.revoked_at.is_none()).ok_or(TokenFault::Invalid)?;
        Ok(Caller {
            workspace,
            client: page.client(),
            host: None,
            grants: PageToken::grants(),
            token: TokenId::from_uuid(id.uuid()),
            allowed: None,
            expires_at: now + CALLER_LIFETIME,
            ground: Ground::Page(page),
        })
    }

    /// Whether the store need not be asked about it now.
    pub(super) fn knows(&self, id: PageTokenId, now: DateTime<Utc>) -> bool {
        self.known(id, now).is_some()
    }

    fn known(&self, id: PageTokenId, now: DateTime<Utc>) -> Option<(WorkspaceId, Arc<PageToken>)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&id).filter(|known| now - known.read_at < BELIEVED)?;
        Some((found.workspace, Arc::clone(&found.token)))
    }

    async fn read(
        &self,
        database: &Database,
        id: PageTokenId,
        now: DateTime<Utc>,
    ) -> Result<Option<(WorkspaceId, Arc<PageToken>)>, StoreError> {
        let Some((workspace, token)) = find_page_token(database, id).await? else { return Ok(None) };
        let token = Arc::new(token);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(id, Known { workspace, token: Arc::clone(&token), read_at: now });
        Ok(Some((workspace, token)))
    }
}

//! Page tokens as bearers: who may use one, and how often.
//!
//! What a server has read of a token is good for two seconds, so one that is revoked anywhere is refused everywhere
//! within five. The rate is counted by each server for itself.

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

/// What a caller with a page token is held to.
#[derive(Debug)]
pub(crate) struct Page {
    pub token: PageToken,
    /// When the next field may be asked for, if nobody had asked for any before their turn.
    next: Mutex<DateTime<Utc>>,
}

impl Page {
    fn new(token: PageToken, now: DateTime<Utc>) -> Self {
        Self { token, next: Mutex::new(now) }
    }

    /// Counts a field. `Err`: how long to wait. A minute's worth may come at once (GCRA, ITU-T I.371).
    pub(crate) fn count(&self, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let minute = TimeDelta::minutes(1);
        let step = minute / self.token.settings.fields_per_minute.max(1);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let after = (*next).max(now) + step;
        if after - now > minute {
            return Err(after - now - minute);
        }
        *next = after;
        Ok(())
    }
}

/// A page as it was read.
struct Known {
    workspace: WorkspaceId,
    page: Arc<Page>,
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
        let (workspace, page) = known.filter(|(_, page)| page.token.revoked_at.is_none()).ok_or(TokenFault::Invalid)?;
        Ok(Caller {
            workspace,
            client: page.token.client(),
            host: None,
            grants: PageToken::grants(),
            token: TokenId::from_uuid(id.uuid()),
            allowed: None,
            expires_at: now + CALLER_LIFETIME,
            ground: Ground::Page(page),
        })
    }

    fn known(&self, id: PageTokenId, now: DateTime<Utc>) -> Option<(WorkspaceId, Arc<Page>)> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&id).filter(|known| now - known.read_at < BELIEVED)?;
        Some((found.workspace, Arc::clone(&found.page)))
    }

    async fn read(
        &self,
        database: &Database,
        id: PageTokenId,
        now: DateTime<Utc>,
    ) -> Result<Option<(WorkspaceId, Arc<Page>)>, StoreError> {
        let found = find_page_token(database, id).await?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((workspace, token)) = found else { return Ok(None) };
        let before = known.get(&id).map(|known| Arc::clone(&known.page));
        // The count goes on when nothing but the time has passed.
        let page = before.filter(|page| page.token == token).unwrap_or_else(|| Arc::new(Page::new(token, now)));
        if known.len() >= REMEMBERED_MAX {
            known.clear();
        }
        known.insert(id, Known { workspace, page: Arc::clone(&page), read_at: now });
        Ok(Some((workspace, page)))
    }
}

#[cfg(test)]
mod tests {
    use domain::workspaces::PageTokenSettings;

    use super::*;

    /// Whether each field is let through that is asked for at these seconds, with six fields a minute.
    fn check(seconds: &[i64], expected: &[bool]) {
        let settings = PageTokenSettings {
            name: String::new(),
            origins: Vec::new(),
            meeting_types: Vec::new(),
            fields_per_minute: 6,
        };
        let begin = DateTime::<Utc>::default();
        let id = PageTokenId::from_uuid(uuid::Uuid::nil());
        let page = Page::new(PageToken { id, settings, created_at: begin, revoked_at: None }, begin);
        let passed: Vec<_> = seconds.iter().map(|at| page.count(begin + TimeDelta::seconds(*at)).is_ok()).collect();
        assert_eq!(passed, expected, "{seconds:?}");
    }

    #[test]
    fn a_minute_s_worth_may_come_at_once_and_then_the_rest_waits() {
        check(&[0; 7], &[true, true, true, true, true, true, false]);
        check(&[0, 0, 0, 0, 0, 0, 9, 10, 10], &[true, true, true, true, true, true, false, true, false]);
        check(&[0, 10, 20, 30, 40, 50, 60, 70], &[true; 8]);
    }
}

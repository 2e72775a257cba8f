//! Page tokens: what a booking page shows instead of a secret.

use async_graphql::connection::Connection as Paged;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::workspaces as intents;
use domain::errors::Refusal;
use domain::ids::{MeetingTypeId, PageTokenId};
use domain::workspaces::{PageToken, PageTokenSettings};
use persistence::workspaces::list_page_tokens;

use super::super::errors::{UserError, internal};
use super::super::mutation::{Attempt, conclude, id, key};
use super::super::paging::{List, Page};
use super::super::request::RequestScope;
use super::super::scalars::{DateTime, IdempotencyKey};

pub(crate) struct PageTokenObject(pub PageToken);

/// A bearer token that may be published with a booking page. It opens `availability`, `meetingType`, `meetingTypes`,
/// `holdSlot`, `releaseHold`, `bookMeeting` and `submitForm` for its meeting types, from its origins.
#[Object(name = "PageToken")]
impl PageTokenObject {
    /// Its id.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// What the page sends as `Authorization: Bearer`; no secret.
    async fn token(&self) -> String {
        self.0.id.to_string()
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.settings.name
    }

    /// The sites that may use it, e.g. `https://www.example.com`.
    async fn origins(&self) -> &[String] {
        &self.0.settings.origins
    }

    /// The meeting types that it opens.
    async fn meeting_type_ids(&self) -> Vec<ID> {
        self.0.settings.meeting_types.iter().map(|id| ID(id.to_string())).collect()
    }

    /// Root fields that all visitors together may ask for in a minute, at each server.
    async fn fields_per_minute(&self) -> i32 {
        self.0.settings.fields_per_minute
    }

    /// Since when.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was revoked; null while it is good.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }
}

/// A new page token.
#[derive(InputObject)]
pub(crate) struct CreatePageTokenInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// What it is called, 1–200 characters.
    name: String,
    /// The sites that may use it, as browsers send them in `Origin`: `https://www.example.com`; 1–20.
    origins: Vec<String>,
    /// The meeting types that it opens; 1–50.
    meeting_type_ids: Vec<ID>,
    /// Root fields that all visitors together may ask for in a minute, 1–6000; 120 when left out.
    fields_per_minute: Option<i32>,
}

/// A page token that is to end.
#[derive(InputObject)]
pub(crate) struct RevokePageTokenInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The token.
    page_token_id: ID,
}

/// What became of a new page token.
#[derive(SimpleObject)]
pub(crate) struct CreatePageTokenPayload {
    /// The token; null when it was refused.
    page_token: Option<PageTokenObject>,
    /// Why it was refused: FIELD_MISMATCH, NOT_FOUND.
    errors: Vec<UserError>,
}

/// What became of a revocation.
#[derive(SimpleObject)]
pub(crate) struct RevokePageTokenPayload {
    /// The token as it is now; null when it was refused.
    page_token: Option<PageTokenObject>,
    /// Why it was refused: NOT_FOUND.
    errors: Vec<UserError>,
}

fn read(input: CreatePageTokenInput) -> Result<PageTokenSettings, Refusal> {
    let types = input.meeting_type_ids.iter().map(|given| id::<MeetingTypeId>(given, "meetingTypeIds"));
    Ok(PageTokenSettings {
        name: input.name,
        origins: input.origins,
        meeting_types: types.collect::<Result<_, _>>()?,
        fields_per_minute: input.fields_per_minute.unwrap_or_else(PageTokenSettings::usual_rate),
    })
}

#[derive(Default)]
pub(crate) struct PageTokensQuery;

#[Object]
impl PageTokensQuery {
    /// The workspace's page tokens, newest first, revoked ones included. Needs `pages:manage`.
    #[graphql(complexity = "5 + first.max(1) as usize * child_complexity / 4")]
    async fn page_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "How many, 1–100.")] first: i32,
        #[graphql(desc = "The cursor of the token before.")] after: Option<String>,
    ) -> Result<Paged<String, PageTokenObject>> {
        let request = RequestScope::of(ctx);
        let list = List::new(request, "page_tokens", &());
        let page = Page::new(&list, first, after.as_deref())?;
        let rows = list_page_tokens(&request.reader(), page.after_id::<PageTokenId>(), page.limit()).await;
        Ok(list.connection(&page, rows.map_err(internal)?, |token| token.id.to_string(), PageTokenObject))
    }
}

#[derive(Default)]
pub(crate) struct PageTokensMutation;

#[Object]
impl PageTokensMutation {
    /// Makes a token that may be published with a booking page. Needs `pages:manage`.
    async fn create_page_token(
        &self,
        ctx: &Context<'_>,
        input: CreatePageTokenInput,
    ) -> Result<CreatePageTokenPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let attempt: Attempt<_> = match read(input) {
            Err(refusal) => Err(refusal),
            Ok(settings) => {
                Ok(intents::create_page_token(request.stores(), &request.operation(), &key, settings).await)
            }
        };
        let (token, errors) = conclude(ctx, attempt)?;
        Ok(CreatePageTokenPayload { page_token: token.map(PageTokenObject), errors })
    }

    /// Ends a page token: every server refuses it within five seconds. Needs `pages:manage`.
    async fn revoke_page_token(
        &self,
        ctx: &Context<'_>,
        input: RevokePageTokenInput,
    ) -> Result<RevokePageTokenPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.page_token_id, "pageTokenId") {
            Err(refusal) => Err(refusal),
            Ok(token) => {
                let intent = intents::RevokePageToken { token };
                Ok(intents::revoke_page_token(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (token, errors) = conclude(ctx, attempt)?;
        Ok(RevokePageTokenPayload { page_token: token.map(PageTokenObject), errors })
    }
}

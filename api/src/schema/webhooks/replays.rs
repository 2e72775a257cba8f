//! Replays as callers see them: begun, watched, paused, ended.

use async_graphql::connection::Connection as Paged;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use commands::webhooks::{self as intents, ReplayStep};
use domain::errors::Refusal;
use domain::events::EventType;
use domain::ids::{EndpointId, ReplayId};
use domain::webhooks::replay::{Replay, ReplayState, Selection};
use persistence::deliveries::replay_tally;
use persistence::webhooks::{find_replay, list_replays};

use super::super::errors::{UserError, internal};
use super::super::mutation::{Attempt, conclude, id, key};
use super::super::paging::{List, Page};
use super::super::request::RequestScope;
use super::super::scalars::{DateTime, IdempotencyKey};
use super::inputs::event_types;

/// Where a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "ReplayState", remote = "ReplayState")]
pub(crate) enum ReplayStateEnum {
    /// It goes on as fast as the endpoint takes it, behind what happens now.
    Running,
    /// It waits until somebody resumes it.
    Paused,
    /// Everything that it found was delivered, or is a dead letter.
    Done,
    /// Somebody ended it, or its endpoint is gone.
    Cancelled,
}

/// Events to send to an endpoint again. What is left out does not limit; the endpoint's own filter always does.
#[derive(InputObject)]
pub(crate) struct StartReplayInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The endpoint.
    endpoint_id: ID,
    /// That happened at this instant or later.
    from: Option<DateTime>,
    /// That happened before this instant.
    to: Option<DateTime>,
    /// Of these types, e.g. `meeting_booked`.
    #[graphql(default)]
    types: Vec<String>,
    /// About this entity, by its id.
    entity_id: Option<ID>,
    /// Count them and send nothing.
    #[graphql(default)]
    dry_run: bool,
}

impl StartReplayInput {
    fn read(self) -> Result<intents::StartReplay, Refusal> {
        let selection = Selection {
            from: self.from.map(|at| at.0),
            to: self.to.map(|at| at.0),
            types: event_types(self.types, "input.types")?,
            entity: self.entity_id.map(|id| id.0),
        };
        let endpoint = id(&self.endpoint_id, "endpointId")?;
        Ok(intents::StartReplay { endpoint, selection, dry_run: self.dry_run })
    }
}

macro_rules! replay_step {
    ($input:ident, $input_doc:literal, $payload:ident, $payload_doc:literal) => {
        #[doc = $input_doc]
        #[derive(InputObject)]
        pub(crate) struct $input {
            /// Names this intent.
            idempotency_key: IdempotencyKey,
            /// The replay.
            replay_id: ID,
        }

        #[doc = $payload_doc]
        #[derive(SimpleObject)]
        pub(crate) struct $payload {
            /// The replay as the request left it; null when it was refused.
            replay: Option<ReplayObject>,
            /// Why it was refused: NOT_FOUND, REPLAY_ENDED.
            errors: Vec<UserError>,
        }
    };
}

replay_step!(PauseReplayInput, "A replay that is to wait.", PauseReplayPayload, "What became of a pause.");
replay_step!(ResumeReplayInput, "A replay that is to go on.", ResumeReplayPayload, "What became of a resumption.");
replay_step!(CancelReplayInput, "A replay that is to end.", CancelReplayPayload, "What became of a cancellation.");

/// What became of a new replay.
#[derive(SimpleObject)]
pub(crate) struct StartReplayPayload {
    /// The replay, under way; null when it was refused.
    replay: Option<ReplayObject>,
    /// Why it was refused: FIELD_MISMATCH, NOT_FOUND, ENDPOINT_NOT_ACTIVE.
    errors: Vec<UserError>,
}

pub(crate) struct ReplayObject(pub Replay);

/// Events of the past, sent to one endpoint again.
#[Object(name = "Replay")]
impl ReplayObject {
    /// Its id; messages carry it in the header `meridian-replay`.
    pub(crate) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Whom it tells.
    async fn endpoint_id(&self) -> ID {
        ID(self.0.endpoint.to_string())
    }

    /// Of what happened at this instant or later; null without such a limit.
    async fn from(&self) -> Option<DateTime> {
        self.0.selection.from.map(DateTime)
    }

    /// Of what happened before this instant; null without such a limit.
    async fn to(&self) -> Option<DateTime> {
        self.0.selection.to.map(DateTime)
    }

    /// Of these types; of all when it is empty.
    async fn types(&self) -> Vec<&'static str> {
        self.0.selection.types.iter().map(|kind| EventType::as_str(*kind)).collect()
    }

    /// About this entity; null without such a limit.
    async fn entity_id(&self) -> Option<ID> {
        self.0.selection.entity.clone().map(ID)
    }

    /// Whether it only counts.
    async fn dry_run(&self) -> bool {
        self.0.dry_run
    }

    /// Where it is.
    async fn state(&self) -> ReplayStateEnum {
        self.0.state.into()
    }

    /// How much of the log it has looked at, from 0 to 1.
    async fn progress(&self) -> f64 {
        self.0.progress()
    }

    /// Events that it has found so far.
    async fn matched(&self) -> i64 {
        self.0.matched
    }

    /// Deliveries that it has put in line so far.
    async fn enqueued(&self) -> i64 {
        self.0.enqueued
    }

    /// Those of them that the endpoint has taken.
    #[graphql(complexity = "5")]
    async fn delivered(&self, ctx: &Context<'_>) -> Result<i64> {
        let tally = replay_tally(&RequestScope::of(ctx).reader(), self.0.id).await.map_err(internal)?;
        Ok(i64::try_from(tally.delivered).unwrap_or(i64::MAX))
    }

    /// Those of them that are dead letters.
    #[graphql(complexity = "5")]
    async fn dead(&self, ctx: &Context<'_>) -> Result<i64> {
        let tally = replay_tally(&RequestScope::of(ctx).reader(), self.0.id).await.map_err(internal)?;
        Ok(i64::try_from(tally.dead).unwrap_or(i64::MAX))
    }

    /// When it was begun.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it was over; null while it is not.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }
}

#[derive(Default)]
pub(crate) struct ReplaysQuery;

#[Object]
impl ReplaysQuery {
    /// A replay by its id. Needs `webhooks:read`.
    async fn replay(&self, ctx: &Context<'_>, id: ID) -> Result<Option<ReplayObject>> {
        let Ok(id) = id.parse::<ReplayId>() else { return Ok(None) };
        let found = find_replay(&RequestScope::of(ctx).reader(), id).await.map_err(internal)?;
        Ok(found.map(ReplayObject))
    }

    /// The workspace's replays, newest first. Needs `webhooks:read`.
    #[graphql(complexity = "5 + first.max(1) as usize * child_complexity / 4")]
    async fn replays(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To this endpoint; to any when left out.")] endpoint_id: Option<ID>,
        #[graphql(default = 20, desc = "How many, 1–100.")] first: i32,
        #[graphql(desc = "The cursor of the replay before.")] after: Option<String>,
    ) -> Result<Paged<String, ReplayObject>> {
        let request = RequestScope::of(ctx);
        let list = List::new(request, "replays", &endpoint_id.as_ref().map(|id| id.as_str()));
        let page = Page::new(&list, first, after.as_deref())?;
        let endpoint = endpoint_id.map(|id| id.parse::<EndpointId>()).transpose();
        let rows = match endpoint {
            Ok(endpoint) => list_replays(&request.reader(), endpoint, page.after_id::<ReplayId>(), page.limit()).await,
            Err(_) => Ok(Vec::new()),
        };
        Ok(list.connection(&page, rows.map_err(internal)?, |replay| replay.id.to_string(), ReplayObject))
    }
}

/// Takes one step in the life of a replay.
async fn take(
    ctx: &Context<'_>,
    (given_key, replay): (IdempotencyKey, ID),
    step: ReplayStep,
) -> Result<(Option<ReplayObject>, Vec<UserError>)> {
    let request = RequestScope::of(ctx);
    let key = key(ctx, &given_key)?;
    let attempt: Attempt<_> = match id::<ReplayId>(&replay, "replayId") {
        Err(refusal) => Err(refusal),
        Ok(replay) => {
            let intent = intents::TurnReplay { replay };
            Ok(intents::turn_replay(request.stores(), &request.operation(), key, intent, step).await)
        }
    };
    let (answer, errors) = conclude(ctx, attempt)?;
    Ok((answer.map(|answer| ReplayObject(answer.replay)), errors))
}

#[derive(Default)]
pub(crate) struct ReplaysMutation;

#[Object]
impl ReplaysMutation {
    /// Sends events that are in the log by now to a webhook endpoint again, behind what happens meanwhile. Needs
    /// `webhooks:manage`.
    async fn start_replay(&self, ctx: &Context<'_>, input: StartReplayInput) -> Result<StartReplayPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let attempt: Attempt<_> = match input.read() {
            Err(refusal) => Err(refusal),
            Ok(intent) => Ok(intents::start_replay(request.stores(), &request.operation(), &key, intent).await),
        };
        let (answer, errors) = conclude(ctx, attempt)?;
        Ok(StartReplayPayload { replay: answer.map(|answer| ReplayObject(answer.replay)), errors })
    }

    /// Lets a replay wait. Needs `webhooks:manage`.
    async fn pause_replay(&self, ctx: &Context<'_>, input: PauseReplayInput) -> Result<PauseReplayPayload> {
        let (replay, errors) = take(ctx, (input.idempotency_key, input.replay_id), ReplayStep::Pause).await?;
        Ok(PauseReplayPayload { replay, errors })
    }

    /// Lets a replay go on where it was. Needs `webhooks:manage`.
    async fn resume_replay(&self, ctx: &Context<'_>, input: ResumeReplayInput) -> Result<ResumeReplayPayload> {
        let (replay, errors) = take(ctx, (input.idempotency_key, input.replay_id), ReplayStep::Resume).await?;
        Ok(ResumeReplayPayload { replay, errors })
    }

    /// Ends a replay: what it has in line is not sent. Needs `webhooks:manage`.
    async fn cancel_replay(&self, ctx: &Context<'_>, input: CancelReplayInput) -> Result<CancelReplayPayload> {
        let (replay, errors) = take(ctx, (input.idempotency_key, input.replay_id), ReplayStep::Cancel).await?;
        Ok(CancelReplayPayload { replay, errors })
    }
}

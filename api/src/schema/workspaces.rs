//! The caller, the workspace and its hosts.

mod clients;
mod page_tokens;
mod validation;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use domain::availability::{DateOverride, Schedule, Travel, WeeklyWindow, Window};
use domain::workspaces::Host;

pub(crate) use self::clients::{ClientsMutation, ClientsQuery};
pub(crate) use self::page_tokens::{PageTokensMutation, PageTokensQuery};
use super::errors::internal;
use super::loaders::Shared;
use super::request::{RequestScope, loader, sees};
use super::scalars::{Date, LocalTime, TimeZone};

pub(crate) struct Viewer;

/// Who asks, and what they may do.
#[Object]
impl Viewer {
    /// The OAuth client of the access token.
    async fn client_id(&self, ctx: &Context<'_>) -> ID {
        ID(RequestScope::of(ctx).caller.client.to_string())
    }

    /// The scopes of the access token, e.g. `meetings:read`.
    async fn scopes(&self, ctx: &Context<'_>) -> Vec<String> {
        RequestScope::of(ctx).caller.grants.iter().map(|scope| scope.to_string()).collect()
    }

    /// The host that the token speaks for, if it speaks for one.
    async fn host(&self, ctx: &Context<'_>) -> Result<Option<HostObject>> {
        match RequestScope::of(ctx).caller.host {
            Some(id) => HostObject::load(ctx, id).await,
            None => Ok(None),
        }
    }

    /// The member in whose name the token speaks; null where a client speaks for itself.
    async fn member(&self, ctx: &Context<'_>) -> Result<Option<MemberObject>> {
        let scope = RequestScope::of(ctx);
        let Some(allowed) = scope.caller.allowed else { return Ok(None) };
        let found = persistence::workspaces::find_member(&scope.reader(), allowed.member).await.map_err(internal)?;
        Ok(found.map(|member| MemberObject { name: member.name, email: member.email.as_str().to_owned() }))
    }

    /// The workspace that everything is read from and written to.
    async fn workspace(&self, ctx: &Context<'_>) -> Result<WorkspaceObject> {
        let current = persistence::workspaces::current(&RequestScope::of(ctx).reader()).await.map_err(internal)?;
        Ok(WorkspaceObject { id: ID(current.id.to_string()), name: current.name, time_zone: TimeZone(current.zone) })
    }
}

/// Somebody who signs in.
#[derive(SimpleObject)]
#[graphql(name = "Member")]
pub(crate) struct MemberObject {
    /// What they are called.
    name: String,
    /// What they sign in with.
    email: String,
}

/// The boundary of tenancy.
#[derive(SimpleObject)]
#[graphql(name = "Workspace")]
pub(crate) struct WorkspaceObject {
    /// Its id.
    id: ID,
    /// Its name.
    name: String,
    /// The zone its days are counted in where no host is in question.
    time_zone: TimeZone,
}

pub(crate) struct HostObject(pub Host);

impl HostObject {
    pub(crate) async fn load(ctx: &Context<'_>, id: domain::ids::HostId) -> Result<Option<Self>> {
        Ok(loader(ctx).load_one(id).await.map_err(shared)?.map(Self))
    }
}

/// A batch's fault as an error of the field.
#[expect(clippy::needless_pass_by_value, reason = "it is handed to `map_err`")]
pub(crate) fn shared(error: Shared) -> async_graphql::Error {
    tracing::error!(error = %error, "a batch could not be read");
    let code =
        if error.is_transient() { domain::errors::ErrorCode::Unavailable } else { domain::errors::ErrorCode::Internal };
    super::errors::fail(code, code.entry().cause)
}

/// Somebody who can be booked.
#[Object(name = "Host")]
impl HostObject {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The name that booking pages show.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The zone of the host's schedule.
    async fn time_zone(&self) -> TimeZone {
        TimeZone(self.0.schedule.zone)
    }

    /// Where invitations go. Null without `contacts:read`.
    async fn email(&self, ctx: &Context<'_>) -> Option<&str> {
        sees!(ctx, "Host.email").then_some(self.0.email.as_str())
    }

    /// Whether the host takes leads and meetings at present.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// The weekly hours. Null without `contacts:read`: booking pages see slots, not habits.
    async fn weekly_hours(&self, ctx: &Context<'_>) -> Option<Vec<WeeklyHours>> {
        let shown = sees!(ctx, "Host.weeklyHours");
        shown.then(|| self.0.schedule.weekly.iter().map(WeeklyHours::from).collect())
    }
}

/// Working hours on a day of the week, in the host's zone.
#[derive(SimpleObject)]
pub(crate) struct WeeklyHours {
    /// The day.
    weekday: Weekday,
    /// From.
    start: LocalTime,
    /// Until; before `start` it runs past midnight.
    end: LocalTime,
}

impl From<&WeeklyWindow> for WeeklyHours {
    fn from(window: &WeeklyWindow) -> Self {
        Self { weekday: window.weekday.into(), start: LocalTime(window.start), end: LocalTime(window.end) }
    }
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "chrono::Weekday")]
pub(crate) enum Weekday {
    /// Monday.
    #[graphql(name = "MONDAY")]
    Mon,
    /// Tuesday.
    #[graphql(name = "TUESDAY")]
    Tue,
    /// Wednesday.
    #[graphql(name = "WEDNESDAY")]
    Wed,
    /// Thursday.
    #[graphql(name = "THURSDAY")]
    Thu,
    /// Friday.
    #[graphql(name = "FRIDAY")]
    Fri,
    /// Saturday.
    #[graphql(name = "SATURDAY")]
    Sat,
    /// Sunday.
    #[graphql(name = "SUNDAY")]
    Sun,
}

/// When a host works.
#[derive(InputObject)]
pub(crate) struct ScheduleInput {
    /// The zone of all wall-clock times in here.
    time_zone: TimeZone,
    /// Hours by day of the week.
    weekly: Vec<WeeklyHoursInput>,
    /// Dates with other hours, or none.
    #[graphql(default)]
    overrides: Vec<DateOverrideInput>,
    /// Dates on which the host works in another zone.
    #[graphql(default)]
    travel: Vec<TravelInput>,
}

/// Hours on a day of the week.
#[derive(InputObject)]
pub(crate) struct WeeklyHoursInput {
    /// The day.
    weekday: Weekday,
    /// From, `09:00`.
    start: LocalTime,
    /// Until, `17:00`; before `start` it runs past midnight; `24:00` is the end of the day.
    end: LocalTime,
}

/// Another day than its weekday says.
#[derive(InputObject)]
pub(crate) struct DateOverrideInput {
    /// The date in the host's zone.
    date: Date,
    /// Its hours; none means closed.
    windows: Vec<WindowInput>,
}

/// Hours.
#[derive(InputObject)]
pub(crate) struct WindowInput {
    /// From.
    start: LocalTime,
    /// Until.
    end: LocalTime,
}

/// Time spent in another zone.
#[derive(InputObject)]
pub(crate) struct TravelInput {
    /// The first date.
    from: Date,
    /// The last date.
    to: Date,
    /// The zone there.
    time_zone: TimeZone,
}

impl From<WeeklyHoursInput> for WeeklyWindow {
    fn from(hours: WeeklyHoursInput) -> Self {
        Self { weekday: hours.weekday.into(), start: hours.start.0, end: hours.end.0 }
    }
}

impl From<ScheduleInput> for Schedule {
    fn from(input: ScheduleInput) -> Self {
        let window = |window: WindowInput| Window { start: window.start.0, end: window.end.0 };
        Self {
            zone: input.time_zone.0,
            weekly: input.weekly.into_iter().map(Into::into).collect(),
            overrides: input
                .overrides
                .into_iter()
                .map(|day| DateOverride { date: day.date.0, windows: day.windows.into_iter().map(window).collect() })
                .collect(),
            travel: input
                .travel
                .into_iter()
                .map(|trip| Travel { from: trip.from.0, to: trip.to.0, zone: trip.time_zone.0 })
                .collect(),
        }
    }
}

#[derive(Default)]
pub(crate) struct WorkspacesQuery;

#[Object]
impl WorkspacesQuery {
    /// Who asks, and what they may do.
    async fn viewer(&self) -> Viewer {
        Viewer
    }

    /// Every host of the workspace, oldest first. Needs `availability:read`.
    async fn hosts(&self, ctx: &Context<'_>) -> Result<Vec<HostObject>> {
        let hosts = persistence::availability::all_hosts(&RequestScope::of(ctx).reader()).await.map_err(internal)?;
        Ok(hosts.into_iter().map(HostObject).collect())
    }
}

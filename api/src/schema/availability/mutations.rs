//! Changing hosts, offers and busy times.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use commands::availability as intents;
use domain::contacts::EmailAddress;
use domain::errors::{ErrorCode, Refusal};
use domain::workspaces::RoutingProfile;

use super::super::errors::UserError;
use super::super::mutation::{Attempt, conclude, id, key};
use super::super::request::RequestScope;
use super::super::scalars::{DateTime, IdempotencyKey};
use super::super::workspaces::{HostObject, ScheduleInput};
use super::queries::MeetingTypeObject;
use super::rules::OfferRulesInput;

/// A new host.
#[derive(InputObject)]
pub(crate) struct CreateHostInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// 1–200 characters.
    name: String,
    /// Where invitations go.
    email: String,
    /// When they work.
    schedule: ScheduleInput,
    /// Names of territories of the routing rules, 0–100 of 1–200 characters; none: any.
    #[graphql(default)]
    territories: Vec<String>,
    /// Product lines, 0–100 of 1–200 characters; none: any.
    #[graphql(default)]
    product_lines: Vec<String>,
    /// Leads a day at most.
    capacity_per_day: Option<u32>,
    /// Share of leads and meetings relative to the others: 1–1000.
    #[graphql(default = 1)]
    weight: u32,
    /// Round robin asks hosts of a higher priority first.
    #[graphql(default = 0)]
    priority: i32,
    /// The CRM's id of this person as an owner: 1–200 characters.
    crm_owner_id: Option<String>,
}

/// Another schedule for a host.
#[derive(InputObject)]
pub(crate) struct SetScheduleInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The host.
    host_id: ID,
    /// When they work from now on; booked meetings stay.
    schedule: ScheduleInput,
}

/// What became of a host.
#[derive(SimpleObject)]
pub(crate) struct HostPayload {
    /// The host; null when it was refused.
    host: Option<HostObject>,
    /// Why it was refused.
    errors: Vec<UserError>,
}

/// A new offer.
#[derive(InputObject)]
pub(crate) struct CreateMeetingTypeInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// 1–64 lower-case letters, digits and hyphens; unique in the workspace.
    slug: String,
    /// 1–200 characters.
    name: String,
    /// Duration, grid, buffers, notice, window and limits.
    rules: OfferRulesInput,
    /// Who can take it, 1–100. One host: theirs alone; several: round robin.
    host_ids: Vec<ID>,
    /// Where it takes place: a link or an address, up to 1000 characters.
    location: Option<String>,
}

/// What became of an offer.
#[derive(SimpleObject)]
pub(crate) struct MeetingTypePayload {
    /// The offer; null when it was refused.
    meeting_type: Option<MeetingTypeObject>,
    /// Why it was refused.
    errors: Vec<UserError>,
}

/// Time that a host is taken elsewhere.
#[derive(InputObject)]
pub(crate) struct AddBusyTimeInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The host.
    host_id: ID,
    /// From.
    starts_at: DateTime,
    /// Until, exclusive.
    ends_at: DateTime,
}

/// Which busy time is over.
#[derive(InputObject)]
pub(crate) struct RemoveBusyTimeInput {
    /// Names this intent.
    idempotency_key: IdempotencyKey,
    /// The busy time.
    busy_time_id: ID,
}

/// What became of a busy time.
#[derive(SimpleObject)]
pub(crate) struct BusyTimePayload {
    /// Its id; null when it was refused.
    busy_time_id: Option<ID>,
    /// Why it was refused.
    errors: Vec<UserError>,
}

#[derive(Default)]
pub(crate) struct AvailabilityMutation;

#[Object]
impl AvailabilityMutation {
    /// Adds a host. Needs `availability:manage`.
    async fn create_host(&self, ctx: &Context<'_>, input: CreateHostInput) -> Result<HostPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let email = EmailAddress::parse(&input.email)
            .map_err(|error| Refusal::field(ErrorCode::FieldMismatch, "input.email", error.to_string()));
        let attempt = match email {
            Err(refusal) => Err(refusal),
            Ok(email) => {
                let routing = RoutingProfile {
                    territories: input.territories,
                    product_lines: input.product_lines,
                    capacity_per_day: input.capacity_per_day,
                    weight: input.weight,
                    priority: input.priority,
                };
                let (name, schedule, crm_owner_id) = (input.name, input.schedule.into(), input.crm_owner_id);
                let intent = intents::CreateHost { name, email, schedule, routing, crm_owner_id };
                Ok(intents::create_host(request.stores(), &request.operation(), &key, intent).await)
            }
        };
        let (host, errors) = conclude(ctx, attempt)?;
        Ok(HostPayload { host: host.map(HostObject), errors })
    }

    /// Gives a host another schedule. Needs `availability:manage`.
    async fn set_schedule(&self, ctx: &Context<'_>, input: SetScheduleInput) -> Result<HostPayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let attempt: Attempt<_> = match id(&input.host_id, "hostId") {
            Err(refusal) => Err(refusal),
            Ok(host) => {
                let intent = intents::SetSchedule { host, schedule: input.schedule.into() };
                Ok(intents::set_schedule(request.stores(), &request.operation(), &key, intent).await)
            }
        };
        let (host, errors) = conclude(ctx, attempt)?;
        Ok(HostPayload { host: host.map(HostObject), errors })
    }

    /// Adds an offer. Needs `availability:manage`.
    async fn create_meeting_type(
        &self,
        ctx: &Context<'_>,
        input: CreateMeetingTypeInput,
    ) -> Result<MeetingTypePayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?.to_owned();
        let hosts = input.host_ids.iter().map(|given| id(given, "hostIds")).collect::<Result<Vec<_>, _>>();
        let attempt: Attempt<_> = match hosts {
            Err(refusal) => Err(refusal),
            Ok(hosts) => {
                let (slug, name, rules) = (input.slug, input.name, input.rules.into());
                let intent = intents::CreateMeetingType { slug, name, rules, hosts, location: input.location };
                Ok(intents::create_meeting_type(request.stores(), &request.operation(), &key, intent).await)
            }
        };
        let (meeting_type, errors) = conclude(ctx, attempt)?;
        Ok(MeetingTypePayload { meeting_type: meeting_type.map(MeetingTypeObject), errors })
    }

    /// Notes that a host is taken elsewhere. Needs `availability:manage`.
    async fn add_busy_time(&self, ctx: &Context<'_>, input: AddBusyTimeInput) -> Result<BusyTimePayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.host_id, "hostId") {
            Err(refusal) => Err(refusal),
            Ok(host) => {
                let intent = intents::AddBusyTime { host, starts_at: input.starts_at.0, ends_at: input.ends_at.0 };
                Ok(intents::add_busy_time(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (added, errors) = conclude(ctx, attempt)?;
        Ok(BusyTimePayload { busy_time_id: added.map(|added| ID(added.id.to_string())), errors })
    }

    /// Takes a busy time back. Needs `availability:manage`.
    async fn remove_busy_time(&self, ctx: &Context<'_>, input: RemoveBusyTimeInput) -> Result<BusyTimePayload> {
        let request = RequestScope::of(ctx);
        let key = key(ctx, &input.idempotency_key)?;
        let attempt: Attempt<_> = match id(&input.busy_time_id, "busyTimeId") {
            Err(refusal) => Err(refusal),
            Ok(busy_time) => {
                let intent = intents::RemoveBusyTime { busy_time };
                Ok(intents::remove_busy_time(request.stores(), &request.operation(), key, intent).await)
            }
        };
        let (removed, errors) = conclude(ctx, attempt)?;
        Ok(BusyTimePayload { busy_time_id: removed.map(|removed| ID(removed.id.to_string())), errors })
    }
}

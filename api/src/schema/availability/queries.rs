//! Reading offers and slots.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::TimeDelta;
use commands::availability::offer;
use domain::availability::by_day;
use domain::errors::ErrorCode;
use domain::ids::{HostId, MeetingTypeId};
use domain::limits::{AVAILABILITY_DAYS_MAX, SLOTS_MAX};
use domain::meetings::MeetingType;
use domain::time::Zone;
use persistence::availability::{all_meeting_types, find_host, find_meeting_type, find_meeting_type_by_slug};

use super::super::errors::{fail, fail_field, internal};
use super::super::request::{RequestScope, loader, sees};
use super::super::scalars::{Date, DateTime, TimeZone};
use super::super::workspaces::{HostObject, shared};
use super::slot::SlotObject;

pub(crate) struct MeetingTypeObject(pub MeetingType);

/// The offer: what can be booked.
#[Object(name = "MeetingType")]
impl MeetingTypeObject {
    /// Its id.
    pub(crate) async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Its name in URLs and forms.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Its name for people.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// How long a meeting lasts, in minutes.
    async fn duration_minutes(&self) -> u32 {
        self.0.rules.duration_minutes
    }

    /// How far apart starts are, in minutes.
    async fn interval_minutes(&self) -> u32 {
        self.0.rules.interval_minutes.unwrap_or(self.0.rules.duration_minutes)
    }

    /// Where it takes place: a link or an address. Null until it is booked, for those who may not read meetings.
    async fn location(&self, ctx: &Context<'_>) -> Option<&str> {
        self.0.location.as_deref().filter(|_| sees!(ctx, "MeetingType.location"))
    }

    /// Whether it is offered at present.
    async fn active(&self) -> bool {
        self.0.active
    }

    /// Who can take it.
    async fn hosts(&self, ctx: &Context<'_>) -> Result<Vec<HostObject>> {
        let mut found = loader(ctx).load_many(self.0.hosts.iter().copied()).await.map_err(shared)?;
        Ok(self.0.hosts.iter().filter_map(|id| found.remove(id)).map(HostObject).collect())
    }
}

/// Which slots are wanted.
#[derive(InputObject)]
pub(crate) struct AvailabilityInput {
    /// The offer.
    meeting_type_id: ID,
    /// Slots that start at this instant or later.
    from: DateTime,
    /// Slots that start before this instant; at most 366 days after `from`, and less where that is over 50,000 slots,
    /// counted for each host.
    until: DateTime,
    /// This host's slots alone.
    host_id: Option<ID>,
    /// The viewer's zone: for labels and days. It never changes which slots there are.
    time_zone: Option<TimeZone>,
}

/// Slots of a range.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Availability {
    #[graphql(skip)]
    slots: Vec<domain::availability::Slot>,
    #[graphql(skip)]
    zone: Zone,
    /// The zone of labels and days.
    time_zone: TimeZone,
}

#[ComplexObject]
impl Availability {
    /// The slots, by start.
    async fn slots(&self) -> Vec<SlotObject> {
        self.slots.iter().map(|slot| SlotObject::new(slot.clone(), self.zone)).collect()
    }

    /// The slots by the viewer's date; dates without slots are left out.
    async fn days(&self) -> Vec<AvailabilityDay> {
        let day = |day: domain::availability::DayOfSlots| AvailabilityDay {
            date: Date(day.date),
            slots: day.slots.into_iter().map(|slot| SlotObject::new(slot, self.zone)).collect(),
        };
        by_day(self.slots.clone(), self.zone).into_iter().map(day).collect()
    }
}

/// A date of the viewer with its slots.
#[derive(SimpleObject)]
pub(crate) struct AvailabilityDay {
    /// The date in the viewer's zone.
    date: Date,
    /// Its slots, by start.
    slots: Vec<SlotObject>,
}

/// The weeks that are asked for, begun ones included. They make the query as dear as its answer is long.
fn weeks_of(input: &AvailabilityInput) -> usize {
    let weeks = (input.until.0 - input.from.0).num_weeks().clamp(0, AVAILABILITY_DAYS_MAX);
    usize::try_from(weeks).unwrap_or(0) + 1
}

#[derive(Default)]
pub(crate) struct AvailabilityQuery;

#[Object]
impl AvailabilityQuery {
    /// Every offer, oldest first. Needs `availability:read`.
    async fn meeting_types(&self, ctx: &Context<'_>) -> Result<Vec<MeetingTypeObject>> {
        let request = RequestScope::of(ctx);
        let found = all_meeting_types(&request.reader()).await.map_err(internal)?;
        Ok(found.into_iter().filter(|found| request.offers(found.id)).map(MeetingTypeObject).collect())
    }

    /// One offer by its slug. Needs `availability:read`.
    async fn meeting_type(&self, ctx: &Context<'_>, slug: String) -> Result<Option<MeetingTypeObject>> {
        let request = RequestScope::of(ctx);
        let found = find_meeting_type_by_slug(&request.reader(), &slug).await.map_err(internal)?;
        Ok(found.filter(|found| request.offers(found.id)).map(MeetingTypeObject))
    }

    /// The slots of an offer that are free in a range. Needs `availability:read`.
    #[graphql(complexity = "20 + weeks_of(&input) * child_complexity")]
    async fn availability(&self, ctx: &Context<'_>, input: AvailabilityInput) -> Result<Availability> {
        let request = RequestScope::of(ctx);
        let reader = request.reader();
        let range = input.from.0..input.until.0;
        if range.end < range.start || range.end - range.start > TimeDelta::days(AVAILABILITY_DAYS_MAX) {
            let message = format!("`until` lies 0 to {AVAILABILITY_DAYS_MAX} days after `from`.");
            return Err(fail_field(ErrorCode::FieldMismatch, "input.until", message));
        }
        let missing = |what: &str| fail(ErrorCode::NotFound, format!("There is no such {what} in this workspace."));
        let id: MeetingTypeId = input.meeting_type_id.parse().map_err(|_| missing("meeting type"))?;
        let offer = find_meeting_type(&reader, id).await.map_err(internal)?;
        let offer = offer.filter(|offer| request.offers(offer.id)).ok_or_else(|| missing("meeting type"))?;
        let host = match input.host_id {
            Some(id) => {
                let id: HostId = id.parse().map_err(|_| missing("host"))?;
                Some(find_host(&reader, id).await.map_err(internal)?.ok_or_else(|| missing("host"))?.id)
            }
            None => None,
        };
        let slots = offer::list(&reader, &offer, host, range, request.api.edge.now()).await.map_err(internal)?;
        let too_many = || {
            let message =
                format!("There are more than {SLOTS_MAX} slots, counted for each host: ask for a shorter range.");
            fail_field(ErrorCode::FieldMismatch, "input.until", message)
        };
        let slots = slots.ok_or_else(too_many)?;
        let zone = input.time_zone.map_or_else(Zone::utc, |zone| zone.0);
        Ok(Availability { slots, zone, time_zone: TimeZone(zone) })
    }
}

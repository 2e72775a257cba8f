//! What takes hosts' time around a range: the slot engine's input, in two statements whatever the number of hosts.

use std::collections::HashMap;
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use domain::availability::{Buffers, Busy, BusySource, CountedMeeting, HostCalendar};
use domain::ids::{EntityId, HostId, MeetingTypeId};
use domain::workspaces::Host;
use sea_orm::entity::prelude::*;
use uuid::Uuid;

use super::busy_times::busy_time;
use super::reservations::reservation;
use crate::table::rows;
use crate::{Scope, StoreError};

/// Limits are counted by local month; rows up to this far outside the range can count towards a month inside it.
const MARGIN: TimeDelta = TimeDelta::days(33);

/// The longest time that one reservation blocks: a meeting of a day with a day's buffer on either side
/// (`OfferRules::validate`). What begins earlier than this before a range has ended by then, and the index on
/// `blocked_from` need not be read from its beginning.
const LONGEST: TimeDelta = TimeDelta::days(3);

/// The calendars of `hosts` around `range`. `ignoring` leaves out the time of one meeting or hold: a meeting does not
/// stand in its own way while it is rescheduled, nor a hold while its owner books.
pub async fn calendars(
    scope: &impl Scope,
    hosts: &[Host],
    meeting_type: MeetingTypeId,
    range: &Range<DateTime<Utc>>,
    ignoring: Option<Uuid>,
) -> Result<Vec<HostCalendar>, StoreError> {
    let ids: Vec<Uuid> = hosts.iter().map(|host| host.id.uuid()).collect();
    let (from, until) = (range.start - MARGIN, range.end + MARGIN);
    let reserved = rows::<reservation::Entity>(scope)
        .filter(reservation::Column::HostId.is_in(ids.clone()))
        .filter(reservation::Column::BlockedFrom.gte(from - LONGEST))
        .filter(reservation::Column::BlockedFrom.lt(until))
        .filter(reservation::Column::BlockedUntil.gt(from))
        .all(scope.conn())
        .await?;
    let elsewhere = rows::<busy_time::Entity>(scope)
        .filter(busy_time::Column::HostId.is_in(ids))
        .filter(busy_time::Column::StartsAt.lt(until))
        .filter(busy_time::Column::EndsAt.gt(from))
        .all(scope.conn())
        .await?;

    let mut calendars: HashMap<HostId, HostCalendar> = hosts.iter().map(|host| (host.id, empty(host))).collect();
    for row in reserved.into_iter().filter(|row| Some(row.taken_by) != ignoring) {
        let Some(calendar) = calendars.get_mut(&HostId::from_uuid(row.host_id)) else { continue };
        if !row.is_hold && row.meeting_type_id == meeting_type.uuid() {
            calendar.counted.push(CountedMeeting {
                start: row.starts_at,
                duration_minutes: minutes((row.ends_at - row.starts_at).num_minutes()),
            });
        }
        calendar.busy.push(Busy { start: row.starts_at, end: row.ends_at, source: source(&row) });
    }
    for row in elsewhere {
        if let Some(calendar) = calendars.get_mut(&HostId::from_uuid(row.host_id)) {
            calendar.busy.push(Busy { start: row.starts_at, end: row.ends_at, source: BusySource::External });
        }
    }
    Ok(hosts.iter().filter_map(|host| calendars.remove(&host.id)).collect())
}

fn empty(host: &Host) -> HostCalendar {
    HostCalendar { host: host.id, schedule: host.schedule.clone(), busy: Vec::new(), counted: Vec::new() }
}

fn source(row: &reservation::Model) -> BusySource {
    let buffers = Buffers {
        before_minutes: minutes(row.buffer_before_minutes),
        after_minutes: minutes(row.buffer_after_minutes),
    };
    match row.expires_at {
        Some(expires_at) => BusySource::Hold { expires_at, buffers },
        None => BusySource::Meeting(buffers),
    }
}

fn minutes(value: i64) -> u32 {
    u32::try_from(value).unwrap_or(0)
}

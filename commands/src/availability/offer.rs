//! The slot engine with the store's data: one reading for listings, for offers and inside the booking transaction.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use domain::availability::{HostCalendar, Reason, Slot, first_slots as earliest, refusals, slots, slots_within};
use domain::errors::{Detail, ErrorCode, Refusal};
use domain::ids::HostId;
use domain::limits;
use domain::meetings::MeetingType;
use domain::time::Zone;
use domain::workspaces::Host;
use persistence::availability::calendars;
use persistence::{Scope, StoreError};
use uuid::Uuid;

/// Alternatives that a refusal names.
const ALTERNATIVES: usize = 6;

/// How long before the wanted start they may lie.
const HALF_A_DAY: TimeDelta = TimeDelta::hours(12);

/// The slots of an offer that start in `range`, with `host` theirs alone; `None` when they are more than
/// [`limits::SLOTS_MAX`].
pub async fn list(
    scope: &impl Scope,
    offer: &MeetingType,
    host: Option<HostId>,
    range: Range<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Option<Vec<Slot>>, StoreError> {
    let hosts = bookable_hosts(scope, offer, host).await?;
    let calendars = calendars(scope, &hosts, offer.id, &range, None).await?;
    Ok(slots_within(&offer.rules, &calendars, range, now, limits::SLOTS_MAX))
}

/// The first slots from now on: what a prospect sees with the form's answer.
pub async fn first_slots(
    scope: &impl Scope,
    offer: &MeetingType,
    host: Option<HostId>,
    now: DateTime<Utc>,
) -> Result<Vec<Slot>, StoreError> {
    let range = now..now + TimeDelta::days(limits::OFFER_DAYS);
    let hosts = bookable_hosts(scope, offer, host).await?;
    let calendars = calendars(scope, &hosts, offer.id, &range, None).await?;
    Ok(earliest(&offer.rules, &calendars, range, now, limits::SLOTS_OFFERED))
}

/// The active hosts of an offer, all of them or the one that is asked for.
pub async fn bookable_hosts(
    scope: &impl Scope,
    offer: &MeetingType,
    host: Option<HostId>,
) -> Result<Vec<Host>, StoreError> {
    let wanted = wanted_hosts(offer, host);
    if !offer.active || wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut hosts = persistence::availability::find_hosts(scope, &wanted).await?;
    hosts.retain(|host| host.active);
    hosts.sort_by_key(|host| host.id);
    Ok(hosts)
}

/// The ids of an offer's hosts, all of them or the one that is asked for (nobody when they do not belong to it).
pub fn wanted_hosts(offer: &MeetingType, host: Option<HostId>) -> Vec<HostId> {
    offer.hosts.iter().copied().filter(|id| host.is_none_or(|wanted| wanted == *id)).collect()
}

/// A start that nobody can take.
pub struct Refused<'a> {
    /// The offer.
    pub offer: &'a MeetingType,
    /// Who was asked for, as they were found under their locks.
    pub hosts: &'a [Host],
    /// Their calendars around the start.
    pub calendars: &'a [HostCalendar],
    /// The start.
    pub start: DateTime<Utc>,
    /// The zone that the caller reads times in.
    pub zone: Zone,
    /// A hold or a meeting whose time does not stand in the way.
    pub ignoring: Option<Uuid>,
}

/// The refusal of a start that nobody can take, with what is free near it.
pub async fn refuse_start(scope: &impl Scope, refused: Refused<'_>, now: DateTime<Utc>) -> Result<Refusal, StoreError> {
    let Refused { offer, hosts, calendars: around, start, zone, ignoring } = refused;
    let taken = around.iter().any(|calendar| is_only_taken(&refusals(&offer.rules, calendar, start, now)));
    let (code, message) = if taken {
        (ErrorCode::SlotTaken, "The time has been taken.")
    } else {
        (ErrorCode::SlotNotOffered, "The start is not one of the offered slots.")
    };
    let middle = start.max(now);
    let range = middle - HALF_A_DAY..middle - HALF_A_DAY + TimeDelta::days(limits::OFFER_DAYS);
    let nearby = calendars(scope, hosts, offer.id, &range, ignoring).await?;
    let mut alternatives = slots(&offer.rules, &nearby, range.start..middle, now);
    alternatives.extend(earliest(&offer.rules, &nearby, middle..range.end, now, ALTERNATIVES));
    alternatives.sort_by_key(|slot| ((slot.start - start).abs(), slot.start));
    alternatives.truncate(ALTERNATIVES);
    alternatives.sort_by_key(|slot| slot.start);
    Ok(Refusal::field(code, "input.startsAt", message).with(Detail::Alternatives { slots: alternatives, zone }))
}

/// Whether the start would be offered if nothing were in its way. Only then is it "taken": else somebody could ask for
/// times outside the offer and learn what is in a calendar.
fn is_only_taken(reasons: &[Reason]) -> bool {
    let is_taken = |reason: &Reason| matches!(reason, Reason::Busy | Reason::Buffer | Reason::Held);
    let is_never_offered = |reason: &Reason| {
        use Reason::{Notice, OffGrid, OutsideHours, Override, Window};
        matches!(reason, OutsideHours | Override | OffGrid | Notice | Window)
    };
    reasons.iter().any(is_taken) && !reasons.iter().any(is_never_offered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reasons: &[Reason], expected: bool) {
        assert_eq!(is_only_taken(reasons), expected, "{reasons:?}");
    }

    #[test]
    fn taken_is_what_would_be_offered_otherwise() {
        check(&[Reason::Busy], true);
        check(&[Reason::Busy, Reason::Limit], true);
        check(&[Reason::Limit], false);
        check(&[Reason::OutsideHours, Reason::Busy], false);
        check(&[Reason::OffGrid, Reason::Buffer], false);
        check(&[Reason::Held, Reason::Notice], false);
        check(&[], false);
    }
}
